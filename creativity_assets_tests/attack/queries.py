"""SQL that would write, read elsewhere, never end, or that no screen and no file format is made for."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from creativity_assets_tests.attack.arena import Arena
from creativity_assets_tests.attack.commands import Command

WRITING = (
    "DELETE FROM samples",
    "UPDATE samples SET artist = 'x'",
    "INSERT INTO samples SELECT * FROM samples",
    "DROP TABLE samples",
    "DROP VIEW scores",
    "CREATE TABLE x AS SELECT 1",
    "CREATE OR REPLACE VIEW samples AS SELECT 1",
    "ALTER TABLE samples DROP COLUMN artist",
    "COPY samples TO 'attacked.csv'",
    "COPY (SELECT 1) TO '/tmp/attacked.parquet'",
    "EXPORT DATABASE 'attacked'",
    "ATTACH 'attacked.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "PRAGMA database_size; DROP TABLE samples",
    "SELECT 1; DELETE FROM samples; SELECT 2",
    "CHECKPOINT",
    "VACUUM",
    "CALL pragma_version()",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/shadow')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_parquet('https://example.invalid/x.parquet')",
    "SELECT getenv('HOME')",
    "COPY samples FROM '/etc/passwd'",
    "BEGIN; DELETE FROM samples; COMMIT",
)
ODD = (
    "",
    ";",
    "--",
    "SELEC 1",
    "SELECT",
    "SELECT * FROM nowhere",
    "SELECT 1 / 0, 'infinity'::DOUBLE, 'nan'::DOUBLE",
    "SELECT 'infinity'::DATE AS a, '-infinity'::TIMESTAMP AS b, DATE '0044-03-15 (BC)' AS c",
    "SELECT INTERVAL '1 month' AS a, MAP {'a': 1} AS b, [1, 2] AS c, {'x': 1} AS d, '\\xFF'::BLOB AS e",
    "SELECT chr(27) || '[31mred' AS a, chr(7) AS b, chr(10) AS c",
    "SELECT 1 AS a, 2 AS a",
    "SELECT repeat('x', 1000000) AS wide",
    "SELECT * FROM range(1000000)",
    "SELECT 170141183460469231731687303715884105727::HUGEINT AS a, 1.5::DECIMAL(38, 10) AS b",
    "SELECT uuid() AS a, '12:00'::TIME AS b, '101'::BIT AS c",
    "SELECT NULL AS a",
    "\0",
    "SELECT '" + "x" * 50_000 + "'",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 100000) SELECT max(n) FROM r",
)
FORMATS = ("table", "csv", "json", "parquet")


def attack(arena: Arena, statements: Sequence[str] = (*WRITING, *ODD)) -> None:
    """Each statement in a format drawn at random; afterwards every file is what it was."""
    with arena.study() as root:
        before = _digest(root)
        for statement in statements:
            if "\0" in statement:
                continue  # no argument of a program can hold one
            arena.count("sql")
            arguments = ["sql", statement, "--format", arena.random.choice(FORMATS)]
            ended = arena.judge("sql", "", Command(root, arguments).run())
            if "root:" in ended.out:
                arena.report("sql", "silent_changes", f"{statement[:80]}: another file was read")
        if _digest(root) != before:
            arena.report("sql", "silent_changes", "a statement has changed a file")
        if list(Path.cwd().glob("attacked*")) or Path("/tmp/attacked.parquet").exists():
            arena.report("sql", "silent_changes", "a statement has written a file")


def _digest(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest.update(str(path.relative_to(root)).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
