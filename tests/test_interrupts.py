import os
import signal
import threading

import pytest

from minibert.interrupts import deferred_interrupt, noted_interrupt


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


def _noted(seen):
    with noted_interrupt() as came:
        seen.append(came)
        os.kill(os.getpid(), signal.SIGINT)
        seen.append("not here")


def test_an_interrupt_is_noted():
    seen = []
    with pytest.raises(KeyboardInterrupt):
        _noted(seen)
    assert [came.is_set() for came in seen] == [True]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_is_not_noted():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    seen = []
    _noted(seen)
    assert seen[1] == "not here"
    assert not seen[0].is_set()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
