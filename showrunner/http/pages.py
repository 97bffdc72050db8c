"""The pages, as set-up built them, under a policy that runs no script but our own."""

from pathlib import Path

from aiohttp import web

PAGES = Path(__file__).resolve().parent.parent / "pages"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https:; "
    "media-src 'self' blob: https:; worker-src 'self' blob:; connect-src 'self' ws: wss: https:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Content-Security-Policy of every page (W3C CSP 3)."""

PAGE_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-cache",
}
A_YEAR = "public, max-age=31536000, immutable"
SCREENS = ("watch", "console", "tv", "companion", "partner")


class PagesMissingError(Exception):
    """The pages were not built; set-up builds them."""


def check_built() -> None:
    """Make sure every page is there.

    Raises:
        PagesMissingError: some page is not.
    """
    missing = [name for name in (*(f"{screen}.html" for screen in ("front", *SCREENS)), "embed.js") if not _has(name)]
    if missing:
        raise PagesMissingError(f"the pages are not built ({', '.join(missing)} missing): run make setup")


def _has(name: str) -> bool:
    return (PAGES / name).is_file()


def routes(show: str) -> list[web.AbstractRouteDef]:
    """Return the routes of every page of a show."""

    async def front(_request: web.Request) -> web.StreamResponse:
        return _file("front.html")

    async def embed(_request: web.Request) -> web.StreamResponse:
        response = _file("embed.js")
        # A partner's page of another origin loads this one file; it is the same for everybody.
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    async def screen(request: web.Request) -> web.StreamResponse:
        page = f"{request.match_info['screen']}.html"
        if request.match_info["show"] != show:
            # A mistyped code is read by a person: the page itself says so, in the person's language.
            if "text/html" in request.headers.get("Accept", ""):
                return _file(page, status=404)
            raise web.HTTPNotFound
        return _file(page)

    async def joining(_request: web.Request) -> web.StreamResponse:
        # beside a television that shows a code: which show it is, the code says
        return _file("companion.html")

    async def asset(request: web.Request) -> web.StreamResponse:
        response = file_within(PAGES / "assets", request.match_info["path"])
        response.headers["Cache-Control"] = A_YEAR
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return [
        web.get("/", front),
        web.get("/embed.js", embed),
        web.get("/companion{slash:/?}", joining),
        web.get("/{screen:" + "|".join(SCREENS) + "}/{show:[^/]*}", screen),
        web.get("/assets/{path:.+}", asset),
    ]


def _file(name: str, status: int = 200) -> web.StreamResponse:
    return web.FileResponse(PAGES / name, status=status, headers={**PAGE_HEADERS, "Vary": "Accept"})


def file_within(folder: Path, path: str) -> web.FileResponse:
    """Return a file below a folder.

    Raises:
        aiohttp.web.HTTPNotFound: there is none, or the path leads out of the folder.
    """
    if "\0" in path:
        raise web.HTTPNotFound
    root = folder.resolve()
    file = (root / path).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file)
