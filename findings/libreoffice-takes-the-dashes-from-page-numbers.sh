#!/bin/sh
# LibreOffice 7.4.7 (Debian's libreoffice-writer) on a DOCX.
#
# Expected: pages numbered with w:fmt="numberInDash" (ISO/IEC 29500-1, 17.18.59) show - 1 -, as in Word and WPS, where
#   this is in the list of page numbers; other kinds in that list, Chinese ones too, are kept.
# Seen: numberInDash, and likewise the field PAGE \* ArabicDash (17.16.4.3), becomes plain 1, without a word. The dashes are
#   nowhere in the text of the footer, so that they are gone for good when the file is saved.
# Why it matters here: the page number of an official paper stands between two dashes (GB/T 9704-2012, 7.5). A paper whose
#   author left them to Word comes out of a conversion for the archive, or for sealing, with bare numbers: not as prescribed.
set -eu
command -v soffice >/dev/null || { echo 'needs libreoffice-writer' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 - <<'PY'
from zipfile import ZipFile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def related(*kinds):
    inside = "".join(f'<Relationship Id="r{kind}" Type="{R}/{kind}" Target="{target}"/>' for kind, target in kinds)
    return f'<Relationships xmlns="{P}/relationships">{inside}</Relationships>'


def write(name, kind, field):
    pages = f'<w:sectPr><w:footerReference w:type="default" r:id="rfooter"/>{kind}</w:sectPr>'
    with ZipFile(f"{name}.docx", "w") as out:
        out.writestr("[Content_Types].xml", f'<Types xmlns="{P}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
            f'PartName="/word/document.xml" ContentType="{KIND}.document.main+xml"/><Override '
            f'PartName="/word/footer.xml" ContentType="{KIND}.footer+xml"/></Types>')
        out.writestr("_rels/.rels", related(("officeDocument", "word/document.xml")))
        out.writestr("word/_rels/document.xml.rels", related(("footer", "footer.xml")))
        out.writestr("word/footer.xml", f'<w:ftr xmlns:w="{W}"><w:p><w:fldSimple w:instr="{field}"><w:r><w:t>?</w:t></w:r>'
            "</w:fldSimple></w:p></w:ftr>")
        out.writestr("word/document.xml", f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body><w:p><w:r><w:t>通知</w:t></w:r>'
            f"</w:p>{pages}</w:body></w:document>")


write("dashes", '<w:pgNumType w:fmt="numberInDash"/>', "PAGE")
write("switch", "", r"PAGE \* ArabicDash")
write("chinese", '<w:pgNumType w:fmt="chineseCounting"/>', "PAGE")
PY
soffice --headless "-env:UserInstallation=file://$work/own" --convert-to fodt dashes.docx switch.docx chinese.docx >/dev/null 2>&1
changed=
for pair in dashes=1 switch=1 chinese=一; do
  name=${pair%=*}
  footer=$(tr -d '\n' <"$name.fodt" | sed 's|.*<style:footer>\(.*\)</style:footer>.*|\1|; s|<[^>]*>||g; s| ||g')
  echo "$name: the footer says [$footer]"
  [ "$footer" = "${pair#*=}" ] || changed="$changed $name"
done
[ -z "$changed" ] || { echo "no longer as seen:$changed"; exit 1; }
