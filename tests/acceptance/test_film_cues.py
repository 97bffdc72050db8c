"""The looped film's playlist carries the show's cues, for players that have no feed."""

import base64
import json
import re

from house import SHOW, House


async def playlist_of(house: House) -> str:
    async with house.http.get(f"{house.base_url}/v1/shows/{SHOW}/programme/media.m3u8") as answer:
        assert answer.status == 200
        return await answer.text()


async def test_a_take_is_in_the_films_playlist_under_its_own_id(running_show: House) -> None:
    taken = (await running_show.command("take", look="look-1")).body["cue"]
    text = await playlist_of(running_show)
    [tag] = re.findall(r"#EXT-X-DATERANGE:(.*)", text)
    assert tag.startswith(f'ID="{taken["id"]}",CLASS="snbn.look"')
    coded = tag.partition('X-SNBN-DATA="')[2].rstrip('"')
    told = json.loads(base64.urlsafe_b64decode(coded))
    assert (told["at_ms"], told["look"]["id"]) == (taken["at_ms"], "look-1")


async def test_an_undone_take_is_in_the_films_playlist_no_more(running_show: House) -> None:
    await running_show.command("take", look="look-1")
    wrong = (await running_show.command("take", look="look-2")).body["cue"]
    await running_show.command("undo")
    text = await playlist_of(running_show)
    assert f'ID="{wrong["id"]}"' not in text
    assert 'X-SNBN-LOOK="look-1"' in text
