import os
import signal
import threading

import pytest

from minibert.interrupts import deferred_interrupt, on_interrupt


@pytest.fixture(autouse=True)
def _usual_handler():
    """Whatever the tests themselves were started with."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def _interrupted(done):
    with deferred_interrupt():
        for step in ("first", "second", "third"):
            os.kill(os.getpid(), signal.SIGINT)
            done.append(step)


def _interrupted_once(done):
    with deferred_interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        done.append("all")


def test_an_interrupt_waits_for_the_end():
    done = []
    with pytest.raises(KeyboardInterrupt):
        _interrupted_once(done)
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_does_not_wait():
    done = []
    with pytest.raises(KeyboardInterrupt):
        _interrupted(done)
    assert done == ["first"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_one_nothing_happens():
    with deferred_interrupt():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_not_interrupted():
    done = []

    def work():
        with deferred_interrupt():
            done.append("all")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["all"]


def test_where_it_is_ignored_it_stays_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    done = []
    _interrupted_once(done)
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def _seen(seen):
    with on_interrupt(lambda: seen.append("came")):
        os.kill(os.getpid(), signal.SIGINT)
        seen.append("went on")


def test_an_interrupt_is_told_of():
    seen = []
    with pytest.raises(KeyboardInterrupt):
        _seen(seen)
    assert seen == ["came"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_is_not_told_of():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    seen = []
    _seen(seen)
    assert seen == ["went on"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
