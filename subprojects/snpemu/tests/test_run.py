#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: The svsmkit authors
"""snpemu-run: bad arguments, bad images, and how a run ends; TAP on output.

QEMU is played by a script that says what it is told to on the log's channel
and exits with the status it is told to.
"""

import os
import pathlib
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import time
import zlib

RUN = pathlib.Path(sys.argv[1]).resolve()
TESTS = []

FAKE = """#!/bin/sh
if [ "$1" = --version ]; then
	echo "QEMU emulator version ${FAKE_VERSION:-7.2.0}"
	exit 0
fi
for word; do
	case $word in
	file,id=snpemu-log,path=*) log=${word##*path=} ;;
	esac
done
printf '%s\\n' "$@" > "$FAKE_ARGUMENTS"
[ -z "$FAKE_LOG" ] || printf '%b\\n' "$FAKE_LOG" > "$log"
printf '%s' "$FAKE_CONSOLE"
echo "warning: TCG doesn't support requested feature: x" >&2
[ -z "$FAKE_SLEEP" ] || exec sleep "$FAKE_SLEEP"
exit "${FAKE_STATUS:-1}"
"""


def test(function):
    TESTS.append(function)
    return function


class Stage:
    """A directory with an image, an L1 and a QEMU of our own."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.arguments = self.directory / "arguments"
        self.qemu = self.directory / "qemu"
        self.qemu.write_text(FAKE)
        self.qemu.chmod(self.qemu.stat().st_mode | stat.S_IXUSR)
        self.l1 = self.directory / "snpemu-l1.bin"
        self.l1.write_bytes(b"l1")
        self.image = self.directory / "good.igvm"
        self.image.write_bytes(self.igvm())

    @staticmethod
    def igvm(version=1):
        size = 24 if version == 1 else 32
        header = struct.pack("<6I", 0x4D564749, version, size, 0, size, 0)
        header += bytes(size - 24)
        crc = struct.pack("<I", zlib.crc32(header))
        return header[:20] + crc + header[24:]

    def command(self, *arguments, image=None):
        return [sys.executable, str(RUN), str(image or self.image), "--l1",
                str(self.l1), "--qemu", str(self.qemu), *arguments]

    def environment(self, **fake):
        names = {f"FAKE_{key.upper()}": value for key, value in fake.items()}
        return {**os.environ, "FAKE_ARGUMENTS": str(self.arguments), **names}

    def run(self, *arguments, image=None, **fake):
        return subprocess.run(
            self.command(*arguments, image=image), text=True, timeout=60,
            env=self.environment(**fake), stdin=subprocess.DEVNULL,
            capture_output=True, check=False)

    def told(self):
        return self.arguments.read_text()


def last(result):
    return result.stderr.splitlines()[-1]


def expect_usage(stage, *arguments):
    result = stage.run(*arguments)
    assert result.returncode == 2, result
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert last(result).startswith("snpemu: exit 2: "), result.stderr
    assert not stage.arguments.exists(), "QEMU was started"
    return last(result)


@test
def bad_numbers_are_refused_in_one_line(stage):
    for count in ("0", "65", "-1", "x", "1.5", ""):
        assert "CPUs" in expect_usage(stage, f"--smp={count}")
    for size in ("0", "15M", "1", "x", "17M", "3T", "2000000000000", "-5"):
        expect_usage(stage, f"--memory={size}")
    for bit in ("48", "0", "x"):
        expect_usage(stage, f"--cbit={bit}")
    for time_limit in ("0", "-1", "x", "nan", "inf"):
        expect_usage(stage, f"--timeout={time_limit}")


@test
def unknown_words_are_refused(stage):
    assert "'foo'" in expect_usage(stage, "--trace", "exit,foo")
    assert "'cpuid'" in expect_usage(stage, "--intercept", "cpuid")
    for strike in ("vector=2", "at=1,foo=2", "at=1,at=2", "at=x", "at=-1"):
        expect_usage(stage, "--strike", strike)
    expect_usage(stage, *["--strike", "at=1"] * 5)
    for remap in ("x", "1,rescind", "1,rescind=3", "1,foo=1"):
        expect_usage(stage, "--remap", remap)
    for order in ("x", "1,1", "64"):
        expect_usage(stage, "--start-order", order)
    expect_usage(stage, "--no-such-option")
    expect_usage(stage, "second.igvm")


@test
def missing_files_are_named(stage):
    result = stage.run(image=stage.directory / "none.igvm")
    assert result.returncode == 13 and "none.igvm" in last(result), result
    result = stage.run(image=stage.directory)
    assert result.returncode == 13, result
    assert "no-l1" in expect_usage(stage, "--l1", "no-l1")
    assert "no-qemu" in expect_usage(stage, "--qemu", "no-qemu")


@test
def corrupt_images_are_refused_with_their_offset(stage):
    good = stage.igvm()
    cases = [(0, b"XXXX"), (4, struct.pack("<I", 3)), (0x10, b"\xff" * 4),
             (0x8, b"\xff" * 4), (0x14, b"\0" * 4)]
    for offset, bytes_ in cases:
        bad = stage.directory / "bad.igvm"
        bad.write_bytes(good[:offset] + bytes_ + good[offset + 4:])
        result = stage.run(image=bad)
        assert result.returncode == 13, result
        assert f"offset {offset:#x}: " in last(result), result.stderr
    for length in range(len(good)):
        bad.write_bytes(good[:length])
        assert stage.run(image=bad).returncode == 13


@test
def old_or_foreign_qemu_is_refused(stage):
    result = stage.run(version="7.1.0")
    assert result.returncode == 2 and "7.2 or later" in last(result), result
    assert "not QEMU" in expect_usage(stage, "--qemu", "true")
    for version in ("7.2.22 (Debian)", "10.0.2", "11.1.3"):
        result = stage.run(version=version, log="snpemu: hello")
        assert result.returncode == 0, result


@test
def each_ending_has_its_status(stage):
    for status, text in {0: "powered off", 10: "terminated",
                         11: "triple fault", 12: "rule", 13: "refused",
                         15: "emulator failed", 16: "reset"}.items():
        result = stage.run(log="snpemu: word", status=str(2 * status + 1))
        assert result.returncode == status, result
        assert text in last(result), result.stderr


@test
def machine_that_vanishes_is_a_failure(stage):
    for status in ("0", "3", "255"):
        result = stage.run(log="snpemu: word", status=status)
        assert result.returncode == 15, result
    result = stage.run(status="1")
    assert result.returncode == 2, result
    assert "did not start" in last(result), result.stderr


@test
def console_and_log_are_kept_apart(stage):
    result = stage.run(log="snpemu: one\nsnpemu: counter x 1",
                       console="hello")
    assert result.stdout == "hello", result
    assert result.stderr.splitlines()[:-1] == ["snpemu: one"], result
    result = stage.run("--stats", log="snpemu: one\nsnpemu: counter x 1")
    assert "counter x 1" in result.stderr, result
    log = stage.directory / "log"
    result = stage.run("--log", str(log), log="snpemu: one")
    assert log.read_text() == "snpemu: one\n"
    assert len(result.stderr.splitlines()) == 1, result


@test
def settings_reach_the_machine(stage):
    stage.run("--smp", "4", "--memory", "1G", "--cbit", "47", "--trace",
              "exit,rmp", "--hostile", "--invlpgb", "on", "--", "-device", "thing", log="x")
    told = stage.told()
    assert ("memory=1073741824\nsmp=4\napic-ids=0,,1,,2,,3\ncbit=47\n"
            in told), told
    assert "trace=exit,,rmp\n" in told and "hostile=1\n" in told, told
    assert "invlpgb=on\n" in told, told
    assert "\n-m\n2332\n" in told and "\n-smp\n4\n" in told, told
    assert told.endswith("-device\nthing\n"), told
    assert "\ntcg,thread=single\n" in told, told
    stage.run("--parallel", log="x")
    assert "\ntcg,thread=multi\n" in stage.told()


@test
def topology_decides_the_apic_ids(stage):
    stage.run("--smp", "6,sockets=2,cores=3", log="x")
    told = stage.told()
    assert "\n-smp\n6,sockets=2,dies=1,cores=3,threads=1\n" in told, told
    assert "smp=6\napic-ids=0,,1,,2,,4,,5,,6\n" in told, told
    stage.run("--", "-smp", "6,sockets=3,cores=1,threads=2", log="x")
    told = stage.told()
    assert told.count("\n-smp\n") == 1, told
    assert "apic-ids=0,,1,,2,,3,,4,,5\n" in told, told
    stage.arguments.unlink()
    for text in ("6,sockets=4", "6,sockets=2,cores=2", "6,books=2",
                 "6,sockets=0", "6,cores"):
        expect_usage(stage, "--smp", text)


@test
def ranges_that_are_no_memory_reach_the_machine(stage):
    stage.run("--no-memory", "lost:1000-3000", "--no-memory=mmio:c0000-e0000",
              log="x")
    assert "no-memory=2,,4096,,12288,,3,,786432,,917504\n" in stage.told()
    stage.arguments.unlink()
    for text in ("gone:1000-2000", "lost:1000", "lost:1001-2000",
                 "lost:2000-2000", "lost:x-y", ""):
        expect_usage(stage, "--no-memory=" + text)


@test
def apic_ids_can_be_chosen(stage):
    stage.run("--apic-ids", "0,7,254", log="x")
    told = stage.told()
    assert "smp=3\napic-ids=0,,7,,254\n" in told, told
    assert "EPYC-Milan-x86_64-cpu,socket-id=254," in told, told
    stage.arguments.unlink()
    for text in ("1,2", "0,255", "0,1,1", "0,x", ""):
        expect_usage(stage, "--apic-ids=" + text)


@test
def comma_in_a_path_is_quoted(stage):
    image = stage.directory / "a,b.igvm"
    image.write_bytes(stage.igvm(version=2))
    assert stage.run(image=image, log="x").returncode == 0
    assert "a,,b.igvm" in stage.told()


def alive(stage):
    """Is a QEMU of this stage still there?"""
    for entry in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(stage.arguments).encode() in entry.read_bytes():
                return True
        except OSError:
            pass
    return False


@test
def time_out_ends_qemu(stage):
    result = stage.run("--timeout", "1", log="x", sleep="50")
    assert result.returncode == 14, result
    assert "time-out" in last(result)
    assert not alive(stage)


@test
def machine_that_cannot_be_asked_is_ended_all_the_same(stage):
    result = stage.run("--timeout", "1", log="snpemu: standing at 1000",
                       sleep="50")
    assert result.returncode == 14, result
    assert "cannot be told" in result.stderr, result
    assert "standing at" not in result.stderr, result
    assert not alive(stage)


@test
def interrupt_ends_qemu(stage):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        stage.arguments.unlink(missing_ok=True)
        process = subprocess.Popen(
            stage.command(), text=True, stdin=subprocess.DEVNULL,
            env=stage.environment(log="x", sleep="50"),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + 30
        while not stage.arguments.exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 130, (number, errors)
        assert "interrupted" in errors, errors
        assert not alive(stage)


@test
def build_directory_is_searched(stage):
    place = stage.directory / "build" / "subprojects" / "snpemu" / "l1"
    place.mkdir(parents=True)
    stage.l1.rename(place / stage.l1.name)
    command = [sys.executable, str(RUN), str(stage.image), "--qemu",
               str(stage.qemu)]
    environment = stage.environment(log="x")
    environment.pop("SNPEMU_L1", None)
    build = str(stage.directory / "build")
    for extra, status in ((["--build-dir", build], 0),
                          (["--build-dir", str(stage.directory)], 2)):
        result = subprocess.run(command + extra, env=environment, text=True,
                                stdin=subprocess.DEVNULL, check=False,
                                capture_output=True, cwd=stage.directory)
        assert result.returncode == status, result
    environment["SNPEMU_L1"] = str(place / stage.l1.name)
    result = subprocess.run(command, env=environment, check=False,
                            stdin=subprocess.DEVNULL, capture_output=True)
    assert result.returncode == 0, result


def main():
    good = True
    print(f"1..{len(TESTS)}", flush=True)
    for number, function in enumerate(TESTS, 1):
        name = function.__name__.replace("_", " ")
        try:
            with tempfile.TemporaryDirectory() as directory:
                function(Stage(directory))
            print(f"ok {number} - {name}", flush=True)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            good = False
            print(f"not ok {number} - {name}")
            for line in str(error).splitlines() or ["no reason given"]:
                print(f"#   {line}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
