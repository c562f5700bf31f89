"""All metadata of the package; pyproject.toml names only the build system and the settings of the tools."""

from __future__ import annotations

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
ROOMS = ["rules", "drivers", "edge", "hq"]

# Upper bounds stand where a library is known to change its interface with the major number, or where we lean on details
# (paho's queue, cheroot's pool, escpos's byte output, biip's result types).
REQUIRES = [
    "argon2-cffi>=25.1",
    "babel>=2.16",
    "biip>=5.2,<6",
    "cheroot>=11.1,<12",
    "click>=8.1",
    "cryptography>=45",
    "evdev>=2.0,<3",
    "flask>=3.1,<4",
    "Flask-WTF>=1.3",
    "lunar-python>=1.4.8,<2",
    "msgspec>=0.22",
    "openpyxl>=3.1.5,<4",
    "paho-mqtt>=2.2,<3",
    "peewee>=4.5,<5",
    "pillow>=11",
    "pypinyin>=0.55,<1",
    "pyserial>=3.5,<4",
    "python-escpos>=3.1,<4",
    "segno>=1.6",
    # The shop's time zone, where the system has no tables of its own.
    "tzdata>=2025.2",
]

TEST = [
    "axe-playwright-python>=0.1.8",
    "hypothesis>=6.170",
    "mypy>=2.4,<3",
    "playwright>=1.65",
    "pytest>=9.2,<10",
    "pytest-xdist>=3.8",
    "ruff>=0.17.6,<0.18",
    "scipy>=1.15",
    "setuptools>=77",
    "wheel>=0.45",
]


def data_files(folder: str, into: str) -> list[tuple[str, list[str]]]:
    """Return setuptools' (target folder, files) pairs for every file under a folder of the repository."""
    pairs: dict[str, list[str]] = {}
    for path in sorted((HERE / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            target = Path(into) / path.parent.relative_to(HERE)
            pairs.setdefault(target.as_posix(), []).append(path.relative_to(HERE).as_posix())
    return sorted(pairs.items())


def readme() -> str:
    """Return the README, which an early checkout may not have yet."""
    path = HERE / "README.md"
    return path.read_text(encoding="utf-8") if path.exists() else ""


setup(
    name="taptill",
    version="0.1.0",
    description="A shop's till and membership system in one daemon on a small box; it sells with the line to HQ cut.",
    long_description=readme(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    author="The TapTill developers",
    python_requires=">=3.11",
    packages=find_packages(include=[name for room in ROOMS for name in (room, f"{room}.*")]),
    # Whatever lies in a room beside its modules is read at run time: templates, styles, sounds, translations, SQL.
    package_data={room: ["**/*"] for room in ROOMS},
    exclude_package_data={"": ["__pycache__/*", "*.py[co]"]},
    include_package_data=False,
    data_files=data_files("config", "share/taptill"),
    install_requires=REQUIRES,
    # PC/SC card readers need pcscd and a C library beside: only shops that have one install it.
    extras_require={"test": TEST, "pcsc": ["pyscard>=2.2"]},
    entry_points={"console_scripts": ["taptill = edge.__main__:main"]},
    zip_safe=False,
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Web Environment",
        "Intended Audience :: Other Audience",
        "Natural Language :: Chinese (Simplified)",
        "Natural Language :: Chinese (Traditional)",
        "Natural Language :: English",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Topic :: Office/Business :: Financial :: Point-Of-Sale",
    ],
)
