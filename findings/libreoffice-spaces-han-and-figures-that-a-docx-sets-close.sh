#!/bin/sh
# LibreOffice 7.4.7 (Debian's libreoffice-writer) on a DOCX.
#
# Expected: w:autoSpaceDE and w:autoSpaceDN (ISO/IEC 29500-1, 17.3.1.2 and 17.3.1.3) with w:val="0" take away the room
#   between Han characters and Latin letters or figures, as Word and WPS do.
# Seen: LibreOffice reads neither, in the paragraph, in its style or in the defaults: the paragraph comes in with
#   style:text-autospace="ideograph-alpha", and a fifth of a character stands on each side of 12 in 变更12月.
# Why it matters here: lines of 28 characters with a date or two in them run over by one, and every line after that
#   breaks elsewhere: a paper compared with its PDF in LibreOffice looks as if its grid were wrong when it is not.
#   The comparison of this project puts that one property right in what LibreOffice has read.
set -eu
command -v soffice >/dev/null || { echo 'needs libreoffice-writer' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - "$work/close.docx" <<'PY'
import sys
from zipfile import ZipFile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CLOSE = '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
with ZipFile(sys.argv[1], "w") as out:
    out.writestr("[Content_Types].xml", f'<Types xmlns="{P}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{KIND}"/></Types>')
    out.writestr("_rels/.rels", f'<Relationships xmlns="{P}/relationships"><Relationship Id="r1" '
        f'Type="{R}/officeDocument" Target="word/document.xml"/></Relationships>')
    out.writestr("word/document.xml", f'<w:document xmlns:w="{W}"><w:body><w:p><w:pPr>{CLOSE}</w:pPr><w:r>'
        "<w:t>变更12月主题党日</w:t></w:r></w:p></w:body></w:document>")
PY
soffice --headless "-env:UserInstallation=file://$work/own" --convert-to fodt --outdir "$work" "$work/close.docx" >/dev/null 2>&1
echo "says of the room between Han and figures:"
grep -o 'style:text-autospace="[^"]*"' "$work/close.fodt" | sort | uniq -c
grep -q 'style:text-autospace="none"' "$work/close.fodt" && { echo 'it is read: no longer so'; exit 1; }
echo 'the property is not read'
