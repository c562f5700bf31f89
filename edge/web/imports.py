"""Tables in and out at the back office: a dry run with every bad cell and why, then all or nothing, with progress."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from edge.exporting import export_all
from edge.import_apply import Author
from edge.import_desk import may_export, may_import
from edge.import_plans import write_bad_rows
from edge.import_words import KINDS as KIND_WORDS
from edge.import_words import sheet_words, slip_words
from edge.importing import KINDS, ImportRoom, Stage
from edge.loop import TillBusyError
from edge.screen import Refusal
from edge.web.office import OfficePages, only_managers

SHOWN_MAX = 50
"""Bad rows that the page shows; the file has all."""
CHUNK = 64 * 1024


def blueprint(office: OfficePages, room: ImportRoom) -> Blueprint:
    """Return the pages of tables."""
    pages = Blueprint("imports", __name__, url_prefix="/lane/<int:lane>/office/imports")
    only_managers(pages, office.house)
    _import(pages, office, room)
    _files(pages, office, room)
    return pages


def _page(office: OfficePages, room: ImportRoom, lane: int, refusal: str = "") -> str:
    texts = office.speech.texts()
    return office.page(
        "imports", lane, "imports", refusal=refusal, **_shown(room), kinds=KIND_WORDS,
        said=lambda slip: slip_words(slip, texts), why=lambda code: sheet_words(code, texts),
    )  # fmt: skip


def _author(office: OfficePages, lane: int) -> Author | str:
    """Return who brings a table in, or why they may not, in words."""
    try:
        answer = office.house.ask(lane, may_import)
    except TillBusyError:
        answer = Refusal("till_busy")
    return answer if isinstance(answer, Author) else office.speech.texts().refusal(answer.code, answer.params)


def _import(pages: Blueprint, office: OfficePages, room: ImportRoom) -> None:
    page = partial(_page, office, room)

    @pages.get("")
    def show(lane: int) -> ResponseReturnValue:
        return page(lane)

    @pages.get("/state")
    def state(lane: int) -> ResponseReturnValue:
        if room.state.stage in (Stage.READING, Stage.WRITING):
            return render_template("office/import_progress.html", lane=lane, **_shown(room))
        # It stood in a corner of the page; what comes of it is the whole page.
        return page(lane), 200, {"HX-Retarget": "#panel-body", "HX-Reswap": "innerHTML"}

    @pages.post("/send")
    def send(lane: int) -> ResponseReturnValue:
        author = _author(office, lane)
        if isinstance(author, str):
            return page(lane, author)
        kind, file = request.form.get("kind", ""), request.files.get("file")
        if kind not in KINDS or file is None or not file.filename:
            return page(lane, office.speech.texts().t("Choose a file."))
        if not room.begin(kind, file.filename, file.save):
            return page(lane, office.speech.texts().t("Another table is being brought in. Wait until it is done."))
        return page(lane)

    @pages.post("/apply")
    def carry_out(lane: int) -> ResponseReturnValue:
        author = _author(office, lane)
        if isinstance(author, str):
            return page(lane, author)
        room.carry_out(author)
        return page(lane)

    @pages.post("/drop")
    def drop(lane: int) -> ResponseReturnValue:
        room.drop()
        return page(lane)


def _shown(room: ImportRoom) -> dict[str, Any]:
    state = room.state
    return {"state": state, "plan": state.plan, "bad": state.plan.bad[:SHOWN_MAX] if state.plan else []}


def _files(pages: Blueprint, office: OfficePages, room: ImportRoom) -> None:
    @pages.get("/bad.csv")
    def bad(lane: int) -> ResponseReturnValue:
        del lane
        plan, texts = room.state.plan, office.speech.texts()
        if plan is None or not plan.bad:
            abort(404)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bad.csv"
            write_bad_rows(plan, path, lambda slip: slip_words(slip, texts), reason=texts.t("What is wrong"))
            body = path.read_bytes()
        head = {"Content-Disposition": "attachment; filename=bad-rows.csv"}
        return Response(body, mimetype="text/csv", headers=head)

    @pages.get("/everything.zip")
    def everything(lane: int) -> ResponseReturnValue:
        try:
            refusal = office.house.ask(lane, may_export)
        except TillBusyError:
            abort(503)
        if refusal is not None:
            abort(403)
        with tempfile.TemporaryDirectory(dir=office.house.data_dir) as folder:
            path = Path(folder) / "everything.zip"
            try:
                export_all(office.room.db, path, office.house.clock, progress=lambda _: None)
            except OSError:
                abort(507)
            # Its name goes at once: it holds everybody's data, and is gone for good when it was sent.
            file, size = path.open("rb"), path.stat().st_size
        name = f"taptill-{office.house.config.store.id}-{office.house.clock.now_local():%Y%m%d-%H%M}.zip"
        head = {"Content-Disposition": f"attachment; filename={name}", "Content-Length": str(size)}
        return Response(_sent(file), mimetype="application/zip", headers=head)


def _sent(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
