"""Where the pictures of a show's own folder are found on this server."""

import msgspec

from broadcast.ids import Sku
from broadcast.show import Article
from showrunner.show_folder import LoadedShow


def with_pictures(show: LoadedShow) -> dict[Sku, Article]:
    """Return the articles with pictures of the show's own folder at their address on this server."""
    return {
        sku: msgspec.structs.replace(article, image=_address(show, article)) for sku, article in show.articles.items()
    }


def _address(show: LoadedShow, article: Article) -> str | None:
    image = article.image
    if image is None or "://" in image:
        return image
    return f"/v1/shows/{show.info.id}/media/{image.removeprefix('media/')}"
