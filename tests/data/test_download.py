import errno
import hashlib
import http.server
import io
import threading
import zipfile
from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from cxrlib.cli import main
from cxrlib.data import DataError, download, load, provenance, registry
from cxrlib.data.download import cache_folder, fetch_source, unpack_npz, unzip
from cxrlib.data.validation import fingerprint


class Server(http.server.ThreadingHTTPServer):
    """A local web server that knows ranges and can be told to hang up early."""

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.cut, self.ranges, self.asked = content, None, True, []
        self.url = f"http://127.0.0.1:{self.server_port}/set.zip"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted, content = self.headers.get("Range"), self.server.content
        self.server.asked.append(wanted)
        if content is None:
            self.send_error(404)
            return
        start = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        left = max(len(content) - start, 0)
        self.send_response((206 if start else 200) if left else 416)
        if not left:
            self.send_header("Content-Range", f"bytes */{len(content)}")
        self.send_header("Content-Length", str(left))
        self.end_headers()
        self.wfile.write(content[start : self.server.cut])

    def log_message(self, *args):
        pass


@pytest.fixture
def serve():
    servers = []

    def start(content):
        servers.append(Server(content))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def archive(names=("top/train/A/1.png", "top/train/B/2.png", "top/readme.txt"), texts=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for i, name in enumerate(names):
            zipped.writestr(name, bytes([i]) * 200_000)
        for name, text in dict(texts).items():
            zipped.writestr(name, text)
    return file.getvalue()


def toy_source(server, **change):
    entry = registry.Source(
        "toy", "toy", server.url, "toy.zip", 1, license="none", citation="none", homepage="nowhere",
        members=((r"^top/(train/[AB]/[^/]+)$", r"\1"),),
        file_counts=({"train/A": 1, "train/B": 1},),
    )  # fmt: skip
    return replace(entry, **change)


def get(entry):
    return fetch_source(entry, unzip(entry.members), progress=False)


def leftovers():
    """List everything in the cache but the kept part of a download."""
    return [p for p in cache_folder().rglob("*") if p.is_file() and p.suffix != ".part"]


def test_a_whole_download_is_unpacked_and_the_archive_removed(serve):
    server = serve(archive())
    entry = toy_source(server)
    folder = get(entry)
    assert set(leftovers()) == {folder / "train/A/1.png", folder / "train/B/2.png"}
    assert get(entry) == folder, "what is there is not fetched again"
    assert len(server.asked) == 1


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_cut_off_midway_is_never_accepted_and_resumes(serve, ranges):
    server = serve(archive())
    server.cut = 150_000
    with pytest.raises(DataError, match=r"broke off .*run it again to go on from there"):
        get(toy_source(server))
    assert not (cache_folder() / "toy").exists()
    assert leftovers() == []
    server.cut, server.ranges = None, ranges
    assert get(toy_source(server)).is_dir()
    assert server.asked[-1] == f"bytes={2 * download.CHUNK}-"


@pytest.mark.parametrize("more", [b"", b"more"])
def test_a_part_that_was_complete_is_used_and_a_longer_one_thrown_away(serve, more):
    server = serve(archive())
    part = cache_folder() / "downloads" / "toy.zip.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(server.content + more)
    if more:
        with pytest.raises(DataError, match="has changed"):
            get(toy_source(server))
    assert get(toy_source(server)).is_dir()


def test_a_wrong_checksum_is_refused_and_thrown_away(serve):
    server = serve(archive())
    with pytest.raises(DataError, match="another checksum, so it was removed"):
        get(toy_source(server, known_hash="md5:" + "0" * 32))
    assert not list(cache_folder().rglob("*.zip*"))
    right = hashlib.md5(server.content).hexdigest()
    assert get(toy_source(server, known_hash=f"md5:{right}")).is_dir()


def test_an_archive_with_too_few_images_is_refused(serve):
    server = serve(archive(["top/train/A/1.png"]))
    with pytest.raises(DataError, match="train/B: expected 1, got 0"):
        get(toy_source(server))
    assert not (cache_folder() / "toy").exists()
    server.content = archive()  # the server is mended
    assert get(toy_source(server)).is_dir()


def test_an_archive_with_other_images_of_the_same_number_is_refused(serve):
    names = hashlib.sha256(b"train/A/1\ntrain/B/2").hexdigest()
    folder = get(toy_source(serve(archive()), names_sha256=names))
    assert fingerprint(folder, ["train/B", "train/A"]) == names
    server = serve(archive(["top/train/A/1.png", "top/train/B/3.png"]))
    with pytest.raises(DataError, match=r"expected other names.*Look at nowhere"):
        get(toy_source(server, names_sha256=names, folder="other"))
    assert not (cache_folder() / "other").exists()


def test_a_list_that_was_cut_short_or_lists_what_is_not_there_is_refused(serve):
    listing = "patientid,finding,view,modality,filename\n1,COVID-19,PA,X-ray,1.png\n"
    server = serve(archive(["top/images/1.png"], {"top/metadata.csv": listing}))
    entry = toy_source(
        server, file_counts=(), metadata_file="metadata.csv", members=((r"^top/(.*)$", r"\1"),)
    )
    with pytest.raises(DataError, match=r"at least 2 X-rays in metadata\.csv, got 1"):
        get(replace(entry, min_images=2))
    assert get(entry).is_dir()
    more = listing + "2,COVID-19,PA,X-ray,2.png\n"
    other = serve(archive(["top/images/1.png"], {"top/metadata.csv": more}))
    with pytest.raises(DataError, match=r"expected 2 listed images, got 1 less \(first: 2\.png"):
        get(replace(entry, folder="other", url=other.url))


def test_a_file_that_is_gone_from_the_server_says_where_to_look(serve):
    server = serve(None)
    with pytest.raises(DataError, match=r"expected toy\.zip at .*404.*Look at nowhere"):
        get(toy_source(server))


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "top/../../evil.png", "/evil.png", "C:\\evil.png", "a\\..\\evil.png", "link"],
)
def test_a_zip_whose_paths_or_links_lead_out_is_refused_whole(serve, name):
    file = io.BytesIO(archive())
    with zipfile.ZipFile(file, "a") as zipped:
        member = zipfile.ZipInfo(name)
        if name == "link":
            member.external_attr = 0o120777 << 16
        zipped.writestr(member, "/etc/passwd")
    with pytest.raises(DataError, match=r"outside its folder\. Nothing was unpacked"):
        get(toy_source(serve(file.getvalue())))
    assert leftovers() == []
    assert not list(cache_folder().parent.rglob("evil*"))


def damaged_stream():
    """Return a zip whose directory is whole, with a compressed stream that is not."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in ("top/train/A/1.png", "top/train/B/2.png"):
            zipped.writestr(name, b"chest" * 10_000)
    content = bytearray(file.getvalue())
    content[30 + len(name)] = 0xFF  # right after the first head: a kind of block that is none
    return bytes(content)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (damaged_stream(), "zip"),
        (b"<html>sign in first</html>", "zip"),
        (np.array([{}], dtype=object).dumps(), "npz"),
    ],
)
def test_a_damaged_archive_is_thrown_away_and_the_next_attempt_heals(serve, bad, kind):
    server = serve(bad)
    entry = toy_source(server)
    good, unpack = archive(), unzip(entry.members)
    if kind == "npz":
        good, unpack = npz(), unpack_npz
        entry = replace(entry, file_counts=({"test/NORMAL": 2},))
    with pytest.raises(DataError, match=r"toy\.zip is damaged .* Fetch it again"):
        fetch_source(entry, unpack, progress=False)
    assert leftovers() == []
    server.content = good
    assert fetch_source(entry, unpack, progress=False).is_dir()


def test_too_small_a_disk_is_told_before_anything_is_fetched(serve):
    server = serve(archive())
    with pytest.raises(DataError, match=r"about 2,200,000,000 MB of space .* got"):
        get(toy_source(server, size_mb=1_000_000_000))
    assert server.asked == []


@pytest.mark.parametrize(
    ("error", "told", "words"),
    [
        (OSError(errno.ENOSPC, "No space left"), DataError, "left. Free some space, or set CXR_C"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
    ],
)
def test_a_disk_that_fills_up_or_a_person_who_stops_leaves_nothing_half(
    serve, monkeypatch, error, told, words
):
    monkeypatch.setattr(download.shutil, "copyfileobj", Mock(side_effect=error))
    with pytest.raises(told, match=words):
        get(toy_source(serve(archive())))
    assert not (cache_folder() / "toy").exists()
    assert not list(cache_folder().glob(".toy-*"))


def test_a_cache_path_that_is_a_file(serve, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"could not write toy .* Set CXR_CACHE to"):
        get(toy_source(serve(archive())))


# ---- by name


def npz(without=()):
    arrays = {}
    for split, n in (("train", 6), ("val", 2), ("test", 4)):
        arrays[f"{split}_images"] = np.random.default_rng(n).integers(0, 256, (n, 28, 28), np.uint8)
        arrays[f"{split}_labels"] = (np.arange(n) % 2)[:, None].astype(np.uint8)
    file = io.BytesIO()
    np.savez(file, **{k: v for k, v in arrays.items() if k not in without})
    return file.getvalue()


@pytest.fixture
def mnist_server(serve, monkeypatch):
    server = serve(npz())
    key = "pneumoniamnist-28"
    counts = dict(zip(registry.PARTS, (3, 3, 2, 2, 1, 1), strict=True))
    entry = replace(
        registry.SOURCES[key],
        url=server.url,
        known_hash=f"md5:{hashlib.md5(server.content).hexdigest()}",
        file_counts=(counts,),
    )
    monkeypatch.setitem(registry.SOURCES, key, entry)
    return server


def test_an_npz_without_an_array_is_refused(tmp_path):
    (tmp_path / "x.npz").write_bytes(npz(without=["val_images"]))
    with pytest.raises(DataError, match="val_images is not"):
        unpack_npz(tmp_path / "x.npz", tmp_path / "out")


def test_command_line(mnist_server, capsys):
    assert main(["data", "verify", "pneumoniamnist"]) == 1
    assert "cxr data fetch pneumoniamnist" in capsys.readouterr().err
    assert main(["data", "fetch", "pneumoniamnist"]) == 0
    assert "ready:" in capsys.readouterr().out
    cases = load("pneumoniamnist", quiet=True)
    assert provenance(cases).aspect_ratio.to_dict() == {"pneumoniamnist": "kept"}
    assert cases.split.value_counts().to_dict() == {"train": 6, "test": 4, "val": 2}
    assert cases.patient_id.isna().all()
    assert set(cases.width) == {28}
    assert main(["data", "verify", "pneumoniamnist"]) == 0
    assert main(["data", "list"]) == 0
    listed = capsys.readouterr().out
    assert "PneumoniaMNIST at 28 px" in listed
    assert "about 1,200 MB to fetch" in listed
    assert main(["data", "fetch", "pnumonia"]) == 1
    assert "Did you mean 'pneumonia'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "name", "wanted"),
    [
        ("kermany", "chest_xray/train/NORMAL/IM-1-1.jpeg", "train/NORMAL/IM-1-1.jpeg"),
        ("kermany", "chest_xray/chest_xray/test/PNEUMONIA/p.jpeg", "test/PNEUMONIA/p.jpeg"),
        ("kermany", "__MACOSX/chest_xray/train/NORMAL/._IM-1-1.jpeg", None),
        ("kermany", "chest_xray/val/NORMAL/NORMAL2-IM-1427-0001.jpeg", None),
        ("covid-collection", "covid-584034a/metadata.csv", "metadata.csv"),
        ("covid-collection", "covid-584034a/images/a b.PNG", "images/a b.PNG"),
        ("covid-collection", "c/annotations/lungVAE-masks/a_mask.png", "masks/a_mask.png"),
        ("covid-collection", "covid-584034a/README.md", None),
        ("nih", "COVID-19-ee3e2cf/Dataset/No_findings/1_004.png", "NORMAL/1_004.png"),
        ("nih", "COVID-19-ee3e2cf/Dataset/Pneumonia/1_005.png", "PNEUMONIA/1_005.png"),
        ("nih", "COVID-19-ee3e2cf/Dataset/Covid-19/x.png", None),
    ],
)
def test_the_registry_finds_its_members_inside_the_archives(tmp_path, key, name, wanted):
    (tmp_path / "x.zip").write_bytes(archive([name]))
    unzip(registry.SOURCES[key].members)(tmp_path / "x.zip", tmp_path / "out")
    found = [str(p.relative_to(tmp_path / "out")) for p in tmp_path.rglob("out/**/*.*")]
    assert found == ([wanted] if wanted else [])
