"""The sandbox's pages in a real browser: the clerk's desk, ДАН, the portal.

Prints as `cargo test` does, so that `cargo xtask` can count. Run by `cargo xtask desk`; by hand:
python walk.py --sandbox PROGRAM --chromium PROGRAM --pictures FOLDER [--only WORD]
"""

import argparse
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from playwright.sync_api import sync_playwright

import citizen  # noqa: F401 (its tests)
import desk  # noqa: F401 (its tests)
from harness import TESTS, Sandbox


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sandbox", required=True)
    parser.add_argument("--chromium", required=True)
    parser.add_argument("--pictures", required=True, type=Path)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    chosen = [(one, kind) for one, kind in TESTS if arguments.only in one.__name__]
    failed = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        sandbox = Sandbox(arguments.sandbox, folder)
        try:
            # No sandbox of its own: the tests may run as root, and see only pages of this machine.
            browser = playwright.chromium.launch(
                executable_path=shutil.which(arguments.chromium),
                headless=True,
                args=["--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP rebound.example 127.0.0.1"],
            )
            print(f"\nrunning {len(chosen)} tests", flush=True)
            for one, kind in chosen:
                try:
                    one(kind(sandbox, browser, arguments.pictures))
                    print(f"test {one.__name__} ... ok", flush=True)
                except Exception:
                    failed.append(one.__name__)
                    traceback.print_exc()
                    print(f"test {one.__name__} ... FAILED", flush=True)
                for context in browser.contexts:
                    context.close()
            browser.close()
        finally:
            sandbox.close()
    result = "FAILED" if failed or not chosen else "ok"
    print(f"\ntest result: {result}. {len(chosen) - len(failed)} passed; {len(failed)} failed; 0 ignored", flush=True)
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
