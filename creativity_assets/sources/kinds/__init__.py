"""A file a kind of source, named after it. Each has two functions of an entry of that kind and the data root:

read: an iterator of records and rejects, in an order that repeats. fingerprint: hex sha256 of cheap facts; no image is
read. Both raise SourceError where the source is absent. A third, survey, stands where names and tables tell what
becomes of every item: what `read` would give, without bytes. The classes of the entries are in catalog/datasets.py.
"""
