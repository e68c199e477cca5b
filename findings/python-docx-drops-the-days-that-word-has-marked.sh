#!/bin/sh
# python-docx 1.2.0 beside mammoth 1.13.0, on one document.
#
# Expected: the text of a paragraph is what Word, WPS and LibreOffice show. w:smartTag (ISO/IEC 29500-1, 17.5.1.9) only
#   says of what kind the runs in it are.
# Seen: paragraph.text and paragraph.runs pass over everything in it without a word: 请于2026年12月4日前完成整改 is read as
#   请于前完成整改. mammoth reads the whole. (Content controls, w:sdt, are the same case; links are read.)
# Why it matters here: Chinese Word of the years up to 2007 marked every day it knew (the kind is “chsdate”), also places
#   and names, and the marks live on in forms and models of papers that offices copy to this day. What is lost is the
#   term of the paper, and what remains is a sentence that reads as whole.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'python-docx==1.2.0' 'mammoth==1.13.0'
"$work/venv/bin/python" - "$work/order.docx" <<'PY'
import sys
from importlib.metadata import version
from zipfile import ZipFile

import docx
import mammoth

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DAY = {"Year": "2026", "Month": "12", "Day": "4", "IsLunarDate": "False", "IsROCDate": "False"}


def run(text):
    return f"<w:r><w:t>{text}</w:t></w:r>"


told = "".join(f'<w:attr w:name="{name}" w:val="{value}"/>' for name, value in DAY.items())
marked = (
    '<w:smartTag w:uri="urn:schemas-microsoft-com:office:smarttags" w:element="chsdate">'
    f"<w:smartTagPr>{told}</w:smartTagPr>{run('2026年12月4日')}</w:smartTag>"
)
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{KIND}"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
    "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body><w:p>{run("请于")}{marked}{run("前完成整改。")}</w:p>'
    "</w:body></w:document>",
}
with ZipFile(sys.argv[1], "w") as out:
    for name, text in PARTS.items():
        out.writestr(name, text)

paragraph = docx.Document(sys.argv[1]).paragraphs[0]
with open(sys.argv[1], "rb") as file:
    whole = mammoth.extract_raw_text(file).value.strip()
print("python-docx", version("python-docx"), paragraph.text, [run.text for run in paragraph.runs])
print("mammoth", version("mammoth"), whole)
seen = (paragraph.text, whole) == ("请于前完成整改。", "请于2026年12月4日前完成整改。")
raise SystemExit(0 if seen else "no longer as seen")
PY
