from broadcast.ids import LookId
from broadcast.programme.wardrobe import outfit


def test_the_same_look_is_always_dressed_the_same():
    assert outfit(LookId("look-7")) == outfit(LookId("look-7"))


def test_a_rundown_shows_many_silhouettes():
    assert len({outfit(LookId(f"look-{n}")).garment for n in range(41)}) >= 8


def test_a_look_wears_what_its_first_article_says_and_carries_its_bag():
    worn = outfit(LookId("look-1"), ("Paper Crane Coat, rose", "Ink Splash Dress", "Arco Tote, black"))
    assert (worn.garment, worn.carried) == ("coat", "tote")
    red, green, blue = worn.cloth
    assert red > green
    assert red > blue
    assert max(worn.leather) < 60


def test_sunglasses_are_worn():
    assert outfit(LookId("look-13"), ("Golden Hour Pilot Sunglasses",)).glasses


def test_words_the_wardrobe_does_not_know_leave_the_choice_to_the_look():
    assert outfit(LookId("look-3"), ("Night Light Serum",)) == outfit(LookId("look-3"))
