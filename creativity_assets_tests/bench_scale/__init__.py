"""`make bench-scale`: what a study costs beyond its images, at three sizes each, and how that grows."""
