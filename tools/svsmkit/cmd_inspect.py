# SPDX-FileCopyrightText: The svsmkit authors
# SPDX-License-Identifier: MIT
"""Show what an IGVM image holds: memory, registers, directives, policy."""

import json

from svsmkit import abi, igvm_read, image
from svsmkit.binary import PAGE, read_file
from svsmkit.report import feature_names, report

NAME = "inspect"
HELP = "show what an image holds"


def add_arguments(parser):
    parser.add_argument("image", metavar="IMAGE",
                        help="an IGVM file; .igvm may be left out")
    parser.add_argument("--json", action="store_true",
                        help="the same for programs; addresses are numbers")


def main(args):
    path = image.path_of(args.image)
    about = report(igvm_read.File(read_file(path), path))
    if args.json:
        print(json.dumps(about, indent=2))
    else:
        print("\n".join(render(path, about)))
    return 0


def render(name, about):
    """The report as lines of text."""
    yield f"{name}: {about['size']} bytes"
    yield f"launch digest  {about['digest']}"
    if about["policy"] is not None:
        yield f"guest policy   {about['policy']:#x}"
    if about["image"]:
        yield from render_image(about["image"])
    yield from render_memory(about)
    yield from render_vmsa(about["vmsa"])
    yield from render_directives(about["directives"])


def words(mask):
    return ", ".join(feature_names(mask)) or "none"


def render_image(about):
    yield ""
    yield f"SVSM \"{about['name']}\""
    flags = about["flags"]
    yield "  firmware             " + \
        ("required" if flags & abi.NEEDS_FIRMWARE else "not required")
    yield "  log on host console  " + ("yes" if flags & abi.CONSOLE else "no")
    yield f"  guest VMPL           {about['guest_vmpl']}"
    yield f"  CPUs                 at most {about['max_cpus']}"
    for text, field in (("features required", "features_required"),
                        ("features allowed", "features_allowed"),
                        ("features forbidden", "features_forbidden"),
                        ("guest's features", "guest_sev_features")):
        yield f"  {text:<20} {words(about[field])}"


def render_memory(about):
    yield ""
    yield f"{'memory':30} {'pages':>6}  use  {'launch':10} what"
    for region in about["regions"]:
        start, size = region["start"], region["size"]
        access = region["access"] or ""
        span = f"{start:#010x}-{start + size:#x}"
        line = f"  {span:28} {size // PAGE:6}  {access:3}  " \
            f"{region['kind']:10} {region['name']}"
        yield line.rstrip()
    if about["owners"]:
        yield "  KiB: " + " ".join(f"{name} {size >> 10}"
                                   for name, size in about["owners"].items())
    pages = about["pages"]
    yield f"  {pages['measured']} pages measured ({pages['zero']} of them " \
        f"only zeros), {pages['unmeasured']} unmeasured, " \
        f"{pages['special']} special, {about['symbols']} symbols"


def render_vmsa(vmsa):
    yield ""
    yield "VMSA (registers that are not zero)"
    for name, value in vmsa["registers"].items():
        extra = ""
        if name == "SEV_FEATURES":
            extra = f"  ({', '.join(vmsa['features'])})"
        yield f"  {name:<12} {value:#x}{extra}"
    for name, segment in vmsa["segments"].items():
        yield f"  {name:<12} {segment['selector']:#06x} base " \
            f"{segment['base']:#x} limit {segment['limit']:#x} " \
            f"attributes {segment['attributes']:#05x}"


def render_directives(directives):
    yield ""
    yield "directives"
    for line in directives:
        text = f"  {line['offset']:#08x}  {line['type']:<17} {line['what']}"
        if "pages" in line:
            end = line["gpa"] + line["pages"] * PAGE
            text += f" {line['gpa']:#x}-{end:#x}, {line['pages']} of 4 KiB"
        yield text
