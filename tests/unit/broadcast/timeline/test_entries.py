from typing import Any

import msgspec

from broadcast.timeline.entries import Entry


def test_an_entry_read_back_from_its_json_is_the_same_entry(gallery: Any) -> None:
    gallery.press("take", "four", in_ms=5_000)
    gallery.press("take", "one")
    gallery.press("undo")
    for entry in gallery.entries:
        assert msgspec.json.decode(msgspec.json.encode(entry), type=Entry) == entry


def test_an_undo_announces_its_correction_before_what_it_restores(gallery: Any) -> None:
    gallery.press("take", "four", in_ms=5_000)
    gallery.press("take", "one")
    entry = gallery.press("undo").entry
    assert entry.cues == (entry.cue, *entry.restored)


def test_a_command_without_a_cue_announces_nothing(gallery: Any) -> None:
    assert gallery.press("next").entry.cues == ()
