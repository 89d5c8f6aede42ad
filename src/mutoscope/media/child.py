"""The child process that decodes: `python -m mutoscope.media.child PARENT [warm]`.

Standard input: one line of JSON, the task, then the payload; end of input instead means that no task will come.
A warm one imports what a clip needs before it reads. Standard output: one JSON object, either
{"result": …}, {"unreadable": reason} or {"storage": reason}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mutoscope.domain.errors import MediaUnreadable, StorageUnavailable
from mutoscope.domain.video import Size
from mutoscope.media.confine import Limits, confine, die_with, leave_network, take_standard_output

_GIB = 1 << 30
_LIMITS = {
    "picture": Limits(memory_bytes=_GIB, cpu_seconds=15, files=32, file_bytes=0),
    "measure": Limits(memory_bytes=_GIB, cpu_seconds=60, files=32, file_bytes=0),
    "recording": Limits(memory_bytes=_GIB, cpu_seconds=60, files=32, file_bytes=0),
    "still": Limits(memory_bytes=_GIB, cpu_seconds=60, files=32, file_bytes=64 << 20),
    "fit": Limits(memory_bytes=2 * _GIB, cpu_seconds=900, files=32, file_bytes=_GIB),
    "join": Limits(memory_bytes=2 * _GIB, cpu_seconds=900, files=32, file_bytes=_GIB),
    "clip": Limits(memory_bytes=_GIB, cpu_seconds=150, files=32, file_bytes=64 << 20),
}


def main() -> None:
    parent = int(sys.argv[1])
    answers = take_standard_output()
    die_with(parent)
    if "warm" in sys.argv:
        _warm()
    line = sys.stdin.buffer.readline()
    if not line:
        return
    task = json.loads(line)
    payload = sys.stdin.buffer.read()
    confine(_LIMITS[task["kind"]])
    leave_network()
    die_with(parent)
    os.write(answers, json.dumps(_answer(task, payload)).encode())


def _warm() -> None:
    for name in ("av", "PIL.JpegImagePlugin", "PIL.WebPImagePlugin", "mutoscope.media.stills"):
        importlib.import_module(name)


def _answer(task: dict[str, Any], payload: bytes) -> dict[str, Any]:
    try:
        return {"result": _WORK[task["kind"]](task, payload)}
    except MediaUnreadable as error:
        return {"unreadable": error.message}
    except StorageUnavailable as error:
        return {"storage": error.message}
    except MemoryError:
        return {"unreadable": "Reading the file needs more memory than it may have."}


def _picture(_: dict[str, Any], payload: bytes) -> dict[str, Any]:
    from mutoscope.media.pictures import decode, sniff

    image = decode(payload)
    return {"media_type": sniff(payload), "width": image.width, "height": image.height}


def _clip(task: dict[str, Any], _: bytes) -> dict[str, Any]:
    from mutoscope.media.stills import write_stills

    probe = write_stills(Path(task["clip"]), Path(task["thumbnail"]), Path(task["spritesheet"]))
    return {"seconds": probe.seconds, "frames": probe.frames, "width": probe.width, "height": probe.height}


def _measure(task: dict[str, Any], _: bytes) -> dict[str, Any]:
    from mutoscope.media.probe import measure

    measures = measure(Path(task["clip"]))
    return {
        "media_type": measures.media_type,
        "width": measures.width,
        "height": measures.height,
        "seconds": measures.seconds,
        "fps": measures.fps,
        "has_sound": measures.has_sound,
    }


def _recording(task: dict[str, Any], payload: bytes) -> dict[str, Any]:
    from mutoscope.media.sounds import is_sound, measure_sound

    path = Path(task["clip"])
    if not is_sound(path):
        return _measure(task, payload)
    sound = measure_sound(path)
    return {"media_type": sound.media_type, "seconds": sound.seconds}


def _still(task: dict[str, Any], _: bytes) -> dict[str, Any]:
    from mutoscope.media.stills import write_still

    cover = task["cover"]
    write_still(Path(task["clip"]), Path(task["still"]), last=task["last"], cover=cover and Size(*cover))
    return {}


def _fit(task: dict[str, Any], _: bytes) -> dict[str, Any]:
    from mutoscope.domain.clip_fit import Fit
    from mutoscope.media.fit import write_fitted

    size, picture = Size(*task["size"]), task["picture"] and Size(*task["picture"])
    fit = Fit(size, task["seconds"], picture, task["fps"], task["most_bytes"])
    write_fitted(Path(task["clip"]), Path(task["fitted"]), fit)
    return {}


def _join(task: dict[str, Any], _: bytes) -> dict[str, Any]:
    from mutoscope.media.join import write_joined

    return {"is_joined": write_joined(Path(task["source"]), Path(task["answer"]), Path(task["joined"]), task["added"])}


_WORK: dict[str, Callable[[dict[str, Any], bytes], dict[str, Any]]] = {
    "picture": _picture,
    "clip": _clip,
    "still": _still,
    "fit": _fit,
    "join": _join,
    "measure": _measure,
    "recording": _recording,
}

if __name__ == "__main__":
    main()
