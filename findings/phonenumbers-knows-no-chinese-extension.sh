#!/bin/sh
# phonenumbers 9.0.43 (the metadata and rules of libphonenumber).
#
# Expected: an office number with its extension as it stands on every letterhead in China (转801, 分机801, -801, or in
#   parentheses) is read for region CN as the number and the extension, as “ext. 801” is.
# Seen: with 转 or 分机 the library refuses the whole string as no number at all; with a hyphen or parentheses it makes one
#   number of 14 digits of both, which is “invalid” and has no extension. The finder of numbers in running text gives the
#   main number and drops the extension without a word. Only forms that nobody writes here (ext., x, #) work.
# Why it matters here: contact lines of papers and the telephones of branches and offices are mostly such numbers. Who
#   validates them with this library turns away the right ones, or calls the switchboard with too many digits.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'phonenumbers==9.0.43'
"$work/venv/bin/python" - <<'PY'
import phonenumbers

JOINED = (False, None, 57188881234801)
READ = (True, "801", 57188881234)
SEEN = {
    "0571-88881234 ext. 801": READ,
    "0571-88881234#801": READ,
    "0571-88881234转801": None,
    "0571-88881234分机801": None,
    "0571-88881234-801": JOINED,
    "0571-88881234（801）": JOINED,
}


def read(text):
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.is_valid_number(number), number.extension, number.national_number


print("phonenumbers", phonenumbers.__version__)
changed = []
for text, expected in SEEN.items():
    found = read(text)
    print(f"{text:28} {'refused' if found is None else 'valid %s, extension %s, number %s' % found}")
    if found != expected:
        changed.append(text)
line = "值班电话：0571-88881234转801"
found = [match.raw_string for match in phonenumbers.PhoneNumberMatcher(line, "CN")]
print(line, "->", found)
if found != ["0571-88881234"]:
    changed.append(line)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
