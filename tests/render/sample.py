"""A report with every kind of block, whose every text is the given one."""

from __future__ import annotations

from bench.blocks import (
    Axis,
    AxisScale,
    Code,
    Column,
    Curve,
    Download,
    Figure,
    Form,
    Heading,
    Note,
    Report,
    Table,
    Text,
    Tone,
)

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg onload=alert(1)>",
    "[red]markup[/red] [link=file:///etc]x[/link]",
    "a | b \\| c `d` *e* _f_ <!-- g --> [h](javascript:i) ![j](k) @l #1 ~~m~~ $n$",
    r"\input{x} \end{tabular} 50% $a_1^2$ & # ~ {} \\",
    "\x1b[31mred\x07\x00 ‮bidi\u202e \ud800 line\nbreak\r\ttab",
    "– − × ± † 日本語 é",
)


def table(text: str) -> Table:
    return Table(
        name=text,
        caption=text,
        columns=(
            Column(key="name", title=text, about=text),
            Column(
                key="v", title=text, unit=text, group=text, form=Form.FIXED, low="lo", high="hi"
            ),
            Column(key="other", title=text, mark="mark"),
        ),
        rows=(
            {"name": text, "v": 62.14, "lo": 60.02, "hi": 64.2, "other": text, "mark": text},
            {"name": "second", "v": float("nan"), "other": None},
        ),
        notes=(text,),
        filterable=True,
    )


def figure(text: str) -> Figure:
    rows = [
        {"m": f"{text}{i}", "f": text, "s": text, "x": 0.001 * 4**i, "y": 60 / 1.3**i, "p": text}
        for i in range(4)
    ]
    return Figure(
        name=text,
        title=text,
        caption=text,
        alt=text,
        rows=tuple(rows),
        x=Axis(key="x", label="Cost", unit="GMACs", scale=AxisScale.LOG),
        y=Axis(key="y", label="Error", unit="%", scale=AxisScale.LOG),
        hue="f",
        style="s",
        hues=(text, "other"),
        styles=(text,),
        label="m",
        panel="p",
        panels=(text,),
        curves=(Curve(x=(0.001, 0.06), y=(60, 30), low=(50, 20), high=(70, 90), hue=text),),
    )


def report(text: str, *, picture: bool = True) -> Report:
    blocks = (
        Heading(text=text),
        Text(text=text, lead=True),
        Text(text=text),
        Note(text=text, tone=Tone.WARN),
        Code(text=text),
        table(text),
        *((figure(text),) if picture else ()),
        Download(name=text, title=text, text=text),
    )
    data = Download(name=text, title=text, text=text)
    return Report(title=text, subtitle=text, blocks=blocks, provenance=((text, text),), data=data)
