"""Style sheets and scripts keep to what QQ, UC, Baidu and Chromium 86 read: by caniuse's data, and by
a list of what is newer and not in it.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.needs import needs

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "node_modules" / "caniuse-lite"
STATIC = ROOT / "oversight" / "static"
SHEETS, SCRIPTS = sorted(STATIC.glob("*.css")), sorted(STATIC.glob("*.js"))
OLD = {
    "chrome": "86",
    "and_qq": "",
    "and_uc": "",
    "baidu": "",
}  # empty: the one that the data knows
# By caniuse's name: how it looks in a style sheet.
CSS = {
    "css-cascade-layers": r"@layer", "css-container-queries": r"@container", "css-cascade-scope": r"@scope",
    "css-has": r":has\(", "css-matches-pseudo": r":(is|where)\(", "css-focus-visible": r":focus-visible",
    "css-focus-within": r":focus-within", "css-any-link": r":any-link", "css-dir-pseudo": r":dir\(",
    "css-not-sel-list": r":not\([^()]*,", "css-nth-child-of": r":nth-child\([^)]* of ",
    "css-file-selector-button": r"::file-selector-button", "css-marker-pseudo": r"::marker",
    "css-placeholder": r"::placeholder", "css-placeholder-shown": r":placeholder-shown",
    "css-grid": r"display:\s*(inline-)?grid", "flexbox": r"display:\s*(inline-)?flex",
    "flexbox-gap": r"\bgap:", "css-subgrid": r"\bsubgrid\b", "css-grid-lanes": r"grid-lanes",
    "css-sticky": r"position:\s*sticky", "css-clip-path": r"clip-path:", "css-masks": r"[;{]mask",
    "css-variables": r"var\(--", "calc": r"calc\(", "css-math-functions": r"\b(min|max|clamp)\(",
    "css-env-function": r"env\(", "css-color-function": r"[ :]color\(", "css-lch-lab": r"\b(ok)?(lch|lab)\(",
    "css-relative-colors": r"\(from ", "css-rrggbbaa": r"#[0-9a-fA-F]{8}\b", "css-counters": r"counter\(",
    "css-media-range-syntax": r"@media[^{]*[<>]", "css-media-interaction": r"\((any-)?(hover|pointer)\b",
    "prefers-color-scheme": r"prefers-color-scheme", "prefers-reduced-motion": r"prefers-reduced-motion",
    "viewport-units": r"\d(vh|vw)\b", "viewport-unit-variants": r"\d[dsl]v[hwib]\b",
    "intrinsic-width": r"(min|max|fit)-content", "css-width-stretch": r":\s*stretch\b",
    "css-logical-props": r"(margin|padding|border)-(inline|block)-(start|end):",
    "css-overscroll-behavior": r"overscroll-behavior", "css-scroll-behavior": r"scroll-behavior",
    "css-text-wrap-balance": r"text-wrap", "css-text-box-trim": r"text-box", "text-overflow": r"text-overflow",
    "css-line-clamp": r"line-clamp", "css-appearance": r"[;{]appearance",
    "css-page-break": r"break-(after|before|inside)",
    "css-anchor-positioning": r"anchor\(|position-anchor", "view-transitions": r"view-transition",
    "css-content-visibility": r"content-visibility", "css-backdrop-filter": r"backdrop-filter",
    "object-fit": r"object-fit", "css-when-else": r"@when|@else", "css-if": r"\bif\(", "css3-attr": r"attr\([\w-]+ ",
    "text-size-adjust": r"[;{]text-size-adjust", "css-print-color-adjust": r"[;{]print-color-adjust",
}  # fmt: skip
JS = {
    "arrow-functions": r"=>", "const": r"\bconst\b", "let": r"\blet\b", "template-literals": r"`",
    "rest-parameters": r"\.\.\.", "async-functions": r"\basync\b", "promises": r"\bPromise\b|\.then\(",
    "fetch": r"\bfetch\(", "abortcontroller": r"AbortController", "element-closest": r"\.closest\(",
    "matchesselector": r"\.matches\(", "array-find": r"\.find\(", "array-includes": r"\.includes\(",
    "array-flat": r"\.flat(Map)?\(", "dom-manip-convenience": r"\.(append|before|after|replaceWith)\(",
    "childnode-remove": r"\.remove\(\)", "dataset": r"\.dataset\b", "classlist": r"\.classList\b",
    "page-transition-events": r"pageshow|pagehide", "textcontent": r"\.textContent\b", "json": r"JSON\.",
    "url": r"new URL\(", "urlsearchparams": r"URLSearchParams", "bloburls": r"createObjectURL",
    "online-status": r"navigator\.onLine|'online'|'offline'", "namevalue-storage": r"localStorage|sessionStorage",
    "createimagebitmap": r"createImageBitmap", "offscreencanvas": r"OffscreenCanvas", "es6-class": r"\bclass \w",
    "intersectionobserver": r"IntersectionObserver", "mutationobserver": r"MutationObserver",
    "resizeobserver": r"ResizeObserver", "pagevisibility": r"visibilitychange|visibilityState",
    "beacon": r"sendBeacon", "requestidlecallback": r"requestIdleCallback", "broadcastchannel": r"BroadcastChannel",
    "indexeddb": r"indexedDB", "serviceworkers": r"serviceWorker", "js-regexp-lookbehind": r"/\(\?<[=!]",
    "object-entries": r"Object\.entries", "object-values": r"Object\.values", "pad-start-end": r"\.pad(Start|End)\(",
    "promise-finally": r"\.finally\(", "es6-module-dynamic-import": r"\bimport\(", "dialog": r"showModal",
    "scrollintoview": r"scrollIntoView", "customevent": r"CustomEvent", "trusted-types": r"trustedTypes",
    "temporal": r"\bTemporal\.", "native-filesystem-api": r"showOpenFilePicker", "clipboard": r"navigator\.clipboard",
    "wake-lock": r"wakeLock", "css-has": r":has\(", "css-matches-pseudo": r":(is|where)\(",
    "async-clipboard": r"clipboard\.write",
    "xhr2": r"XMLHttpRequest", "fileapi": r"\bFileReader\b|new File\(", "canvas": r"getContext\(",
}  # fmt: skip
# Newer than Chromium 86 and in no data of caniuse's.
NEWER_CSS = {
    "inset": r"[;{]\s*inset(-block|-inline)?:",
    "logical shorthands": r"[;{]\s*(margin|padding|border)-(inline|block):",
    "aspect-ratio": r"[;{]\s*aspect-ratio", "accent-color": r"accent-color", "color-mix": r"color-mix\(",
    "overflow: clip": r"overflow(-[xy])?:\s*clip", "single transforms": r"[;{]\s*(translate|rotate|scale):",
    "light-dark": r"light-dark\(", "scrollbar-gutter": r"scrollbar-gutter", "@property": r"@property",
    "popover": r":popover-open", "field-sizing": r"field-sizing", "user-valid": r":user-(in)?valid",
    "interpolate-size": r"interpolate-size", "scrollbar-color": r"scrollbar-(color|width)",
}  # fmt: skip
NEWER_JS = {
    "at": r"\.at\(", "structuredClone": r"structuredClone", "hasOwn": r"Object\.hasOwn", "groupBy": r"groupBy\(",
    "findLast": r"\.findLast", "copies of arrays": r"\.(toSorted|toReversed|toSpliced|with)\(",
    "randomUUID": r"randomUUID", "timeouts of signals": r"AbortSignal\.(timeout|any)", "static blocks": r"static \{",
    "popovers": r"(show|hide|toggle)Popover", "cause": r"cause:", "inert": r"\.inert\b", "fromAsync": r"fromAsync",
    "withResolvers": r"withResolvers", "checkVisibility": r"checkVisibility", "moveBefore": r"moveBefore",
    "regular expressions by v": r"/[dgimsuy]*v[dgimsuy]*[.,;)]",
    "numeric separators in time": r"Intl\.(DurationFormat|Segmenter)",
}  # fmt: skip
# What may be newer, and what a browser does that does not read it.
PROGRESSIVE = {
    "css-text-wrap-balance": "a line breaks where it is full, as it always did",
    "css-has": "hides on paper what was not chosen; else it is printed too",
    "css-file-selector-button": "the button of a file field looks as the browser has it",
    "css-focus-visible": "the browser's own ring stands; where a label shows it, `:focus` alone does",
    "accent-color": "a tick has the browser's colour",
    "text-size-adjust": "text stays as large as it is; the prefixed name stands beside it",
    "css-print-color-adjust": "the prefixed name stands beside it",
}
ASK = """
const { agents, feature, features } = require(process.argv[1]);
const old = JSON.parse(process.argv[2]), found = {};
for (const name of JSON.parse(process.argv[3])) {
  const stats = features[name] ? feature(features[name]).stats : {};
  found[name] = Object.fromEntries(Object.entries(old).map(([agent, version]) =>
    [agent, (stats[agent] || {})[version || agents[agent].versions.filter(Boolean).pop()] || 'unknown']));
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def read_by_old() -> dict[str, dict[str, str]]:
    """Return by feature how each old browser reads it: y, a (in part), n …"""
    node = shutil.which("node")
    needs(node and DATA.exists(), "Node 和 caniuse-lite")
    names = json.dumps(sorted({*CSS, *JS}))
    told = [node, "-e", ASK, str(DATA), json.dumps(OLD), names]
    return json.loads(subprocess.run(told, capture_output=True, text=True, check=True).stdout)


def sheet(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def script(text: str) -> str:
    return re.sub(r"(?m)^\s*//.*$|/\*.*?\*/", "", text, flags=re.S if "/*" in text else 0)


def used(text: str, known: dict[str, str]) -> list[str]:
    return [name for name, looks in known.items() if re.search(looks, text)]


def test_the_data_knows_what_is_asked(read_by_old):
    assert [name for name, said in read_by_old.items() if said["chrome"] == "unknown"] == []


@pytest.mark.parametrize("path", [*SHEETS, *SCRIPTS], ids=lambda path: path.name)
def test_old_browsers_read_it(path, read_by_old):
    text, css = path.read_text("utf-8"), path in SHEETS
    plain, known = (sheet(text), CSS) if css else (script(text), JS)
    unread = {
        name: read_by_old[name]
        for name in used(plain, known)
        if not all(said[0] in "ya" for said in read_by_old[name].values())
    }
    assert {name: said for name, said in unread.items() if name not in PROGRESSIVE} == {}
    newer = used(plain, NEWER_CSS if css else NEWER_JS)
    assert [name for name in newer if name not in PROGRESSIVE] == []


def depths(text: str) -> int:
    """Return how deep rules lie within rules, media and page left out."""
    deepest, stack = 0, []
    for head, brace in re.findall(r"([^{}]*)([{}])", sheet(text)):
        if brace == "}":
            stack.pop()
        else:
            stack.append(not head.strip().rpartition(";")[2].strip().startswith("@"))
            deepest = max(deepest, sum(stack))
    return deepest


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_rule_lies_within_a_rule(path):
    assert depths(path.read_text("utf-8")) == 1
    assert depths(".a{color:red;.b{color:blue}}") == 2


def test_newer_words_are_met(read_by_old):
    bad = "@layer x{.a:is(b){inset:0;width:10dvh;color:color-mix(in srgb,red,blue)}}"
    assert {"css-cascade-layers", "css-matches-pseudo", "viewport-unit-variants"} <= set(
        used(bad, CSS)
    )
    assert {"inset", "color-mix"} <= set(used(bad, NEWER_CSS))
    assert read_by_old["css-cascade-layers"]["chrome"][0] == "n"
    assert used("list.at(-1); structuredClone(x)", NEWER_JS) == ["at", "structuredClone"]
