"""Every algorithm on the same folds, the promising ones tuned, and a blend of the best."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import optuna
from joblib import Parallel, delayed
from sklearn.model_selection import StratifiedShuffleSplit

from models import folds as splitting
from models import threads
from models.algorithms import ALGORITHMS, Algorithm, Params
from models.features import Plan
from models.figures import METRICS
from models.folds import Fold, Order

BLEND = "blend"
_COMPARED_ON = 100_000  # rows; the order of the algorithms does not change with more
_CELLS = 5_000_000  # rows times features: a table of many columns is compared on fewer rows
_FEWEST = 20_000
_TUNING_REPEATS = 3
_TUNED_CELLS = 14_000_000  # rows times features, over the folds of a trial: large tables are tuned on fewer folds
_FEWEST_FOLDS = 2
_AT_ONCE = 4  # trials drawn together: whatever the number of cores, the same ones
_SHARES = (0.5, 0.3, 0.2)  # of the trials, for the best three algorithms
Tell = Callable[[str], None]


@dataclass
class Candidate:
    """An algorithm with its parameters and what it reached.

    Attributes:
        scores: of each fold, by the metric that decides.
        parts: of each fold, the probabilities of the rows it judges.
        unseen: probabilities of shape (rows,), each from models that had not seen the row; NaN where no fold judged it.
        seconds: to fit and judge all folds, on one core.
    """

    name: str
    params: Mapping[str, Any]
    scores: np.ndarray
    parts: Sequence[np.ndarray]
    unseen: np.ndarray
    seconds: float
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def mean(self) -> float:
        """Mean over the folds."""
        return float(self.scores.mean())


@dataclass(frozen=True)
class Task:
    """What is to be learned: matrix, outcomes, what ties rows together, and the metric that decides."""

    x: np.ndarray
    y: np.ndarray
    plan: Plan
    order: Order
    metric: str
    seed: int
    jobs: int

    def of(self, rows: np.ndarray) -> "Task":
        """The same with some of the rows."""
        return replace(self, x=self.x[rows], y=self.y[rows], order=self.order.of(rows))


@dataclass
class Outcome:
    """All candidates, and how the search ended: "done", "stopped by hand" or "out of time".

    Attributes:
        tuned_on: of each algorithm that was tuned, on how many "rows" and "folds".
    """

    candidates: list[Candidate]
    trials: int
    ended: str
    tuned_on: dict[str, dict[str, int]] = field(default_factory=dict)


def search(task: Task, *, trials: int, minutes: float | None, tell: Tell, only: Sequence[str] = ()) -> Outcome:
    """Compare all algorithms (or `only` those named), tune the best three, blend. Ctrl-C keeps the best so far."""
    deadline = None if minutes is None else time.monotonic() + 60 * minutes
    folds = splitting.folds(task.y, task.order, task.seed)
    found: dict[str, Candidate] = {}
    tuned_on: dict[str, dict[str, int]] = {}
    done, ended = 0, "done"
    try:
        for algorithm in ALGORITHMS:
            if only and algorithm.name not in only:
                continue
            found[algorithm.name] = evaluate(task, algorithm, algorithm.defaults, folds)
            tell(f"{algorithm.name}: {task.metric} {abs(found[algorithm.name].mean):.4f}")
            if deadline and time.monotonic() > deadline:
                ended = "out of time"
                break
        if ended == "done" and trials:
            done, ended = _tune_best(task, found, folds, trials, deadline, tell, tuned_on)
    except KeyboardInterrupt:
        ended = "stopped by hand"
        tell("stopped: the best so far is kept")
        if not found:
            raise
    candidates = sorted(found.values(), key=lambda candidate: -candidate.mean)
    if len(candidates) > 2:
        candidates.append(blend(task, candidates[:3], folds))
        tell(f"{BLEND} of {', '.join(c.name for c in candidates[:3])}: {task.metric} {abs(candidates[-1].mean):.4f}")
    return Outcome(candidates, done, ended, tuned_on)


def evaluate(task: Task, algorithm: Algorithm, params: Mapping[str, Any], folds: Sequence[Fold]) -> Candidate:
    """One algorithm with one set of parameters on all folds."""
    started = time.process_time()
    parts = Parallel(n_jobs=task.jobs)(delayed(_judge)(task, algorithm, params, *fold) for fold in folds)
    seconds = time.process_time() - started + sum(part[1] for part in parts)
    return _candidate(task, algorithm.name, params, [part[0] for part in parts], folds, seconds)


def blend(task: Task, members: Sequence[Candidate], folds: Sequence[Fold]) -> Candidate:
    """The mean of the members' log-odds: no weights that could follow noise."""
    together = [mix(parts) for parts in zip(*(member.parts for member in members), strict=True)]
    params = {"members": [{"name": member.name, "params": dict(member.params)} for member in members]}
    return _candidate(task, BLEND, params, together, folds, sum(member.seconds for member in members))


def mix(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Probabilities whose log-odds are the mean of the parts' log-odds."""
    clipped = [np.clip(part, 1e-6, 1 - 1e-6) for part in parts]
    mean = np.mean([np.log(part / (1 - part)) for part in clipped], axis=0)
    return np.asarray(1 / (1 + np.exp(-mean)))


def best_of(candidates: Sequence[Candidate]) -> tuple[Candidate, dict[str, Any]]:
    """The simplest candidate that is not worse than the best by more than one standard error, and how it came to that.

    The error is that of the difference between the two on the same folds (one-standard-error rule, Breiman et al.
    1984, on paired folds): what makes a fold hard is hard for both.

    Returns:
        The candidate, and the facts that a text `rule_<code>` of the locale files tells.
    """
    best = max(candidates, key=lambda candidate: candidate.mean)
    simplicity = [algorithm.name for algorithm in ALGORITHMS] + [BLEND]
    facts = {"folds": len(best.scores), "best": best.name, "mean": abs(best.mean)}
    for candidate in sorted(candidates, key=lambda c: simplicity.index(c.name)):
        behind = best.scores - candidate.scores
        error = float(behind.std(ddof=1) / np.sqrt(len(behind))) if len(behind) > 1 else 0.0
        if candidate is not best and behind.mean() <= error:
            return candidate, {"code": "simplest", **facts, "behind": float(behind.mean()), "error": error}
        if candidate is best:
            break
    return best, {"code": "best", **facts}


def build(name: str, params: Mapping[str, Any], plan: Plan, rows: int, seed: int) -> list[Any]:
    """The unfitted models whose mixed probabilities are the candidate's: one, or a blend's members."""
    if name == BLEND:
        return [
            model for member in params["members"] for model in build(member["name"], member["params"], plan, rows, seed)
        ]
    return [_named(name).build(params, plan, rows, seed)]


def predict(models: Sequence[Any], x: np.ndarray) -> np.ndarray:
    """Uncalibrated probabilities of shape (rows,)."""
    with threads.one_here():
        parts = [model.predict_proba(x)[:, 1] for model in models]
    return parts[0] if len(parts) == 1 else mix(parts)


def fitted(name: str, params: Mapping[str, Any], task: Task) -> list[Any]:
    """The candidate's models, fitted on all rows of the task."""
    models = build(name, params, task.plan, len(task.y), task.seed)
    # One thread: sums that are split differently every time would give other bytes from the same rows.
    with warnings.catch_warnings(), threads.one():
        warnings.simplefilter("ignore")
        return [model.fit(task.x, task.y) for model in models]


def _named(name: str) -> Algorithm:
    return next(algorithm for algorithm in ALGORITHMS if algorithm.name == name)


def _tune_best(
    task: Task,
    found: dict[str, Candidate],
    folds: Sequence[Fold],
    trials: int,
    deadline: float | None,
    tell: Tell,
    tuned_on: dict[str, dict[str, int]],
) -> tuple[int, str]:
    """Spend the trials on the best three; the number done and how it ended."""
    ranking = sorted(found.values(), key=lambda candidate: -candidate.mean)[: len(_SHARES)]
    done, ended = 0, "done"
    for candidate, share in zip(ranking, _SHARES, strict=False):
        algorithm = _named(candidate.name)
        small = sample(task, algorithm.tuned_on)
        inner = _few(splitting.folds(small.y, small.order, task.seed + 1, _TUNING_REPEATS), small)
        tuned_on[algorithm.name] = {"rows": len(small.y), "folds": len(inner)}
        best, count, ended = _tune(small, inner, algorithm, max(1, round(share * trials)), deadline, tell)
        done += count
        if best is not None and best != dict(algorithm.defaults):
            tuned = evaluate(task, algorithm, best, folds)
            tell(f"{algorithm.name}, tuned: {task.metric} {abs(tuned.mean):.4f}")
            if tuned.mean > candidate.mean:
                found[candidate.name] = tuned
        if ended != "done":
            break
    return done, ended


def _tune(
    task: Task, folds: Sequence[Fold], algorithm: Algorithm, trials: int, deadline: float | None, tell: Tell
) -> tuple[Params | None, int, str]:
    """The best parameters of one algorithm, the number of trials done, and how it ended.

    Args:
        folds: others than those that decide: what merely fits these would win there, too.
    """
    sampler = optuna.samplers.TPESampler(seed=task.seed, n_startup_trials=8, constant_liar=True)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.enqueue_trial({name: value for name, value in algorithm.defaults.items() if name not in algorithm.sketch})
    drawn: dict[int, Params] = {}
    done, ended = 0, "done"
    try:
        while done < trials:
            if deadline and time.monotonic() > deadline:
                ended = "out of time"
                break
            asked = [study.ask() for _ in range(min(_AT_ONCE, trials - done))]
            drawn.update({trial.number: algorithm.suggest(trial) for trial in asked})
            means = _means(task, algorithm, [drawn[trial.number] for trial in asked], folds)
            for trial, mean in zip(asked, means, strict=True):
                study.tell(trial, mean)
            done += len(asked)
            tell(f"tuning {algorithm.name}, {done} of {trials} trials: best {abs(study.best_value):.4f}")
    except KeyboardInterrupt:
        ended = "stopped by hand"
    return (drawn[study.best_trial.number] if done else None), done, ended


def _few(folds: list[Fold], task: Task) -> list[Fold]:
    """The last of the folds (in an order of time those that learn from most), as many as a trial may take."""
    return folds[-max(_FEWEST_FOLDS, _TUNED_CELLS // task.x.size) :]


def _means(task: Task, algorithm: Algorithm, drawn: Sequence[Params], folds: Sequence[Fold]) -> list[float]:
    """What each set of parameters reaches on average; all folds of all sets side by side."""
    sets = [{**params, **algorithm.sketch} for params in drawn]
    parts = Parallel(n_jobs=task.jobs)(
        delayed(_judge)(task, algorithm, params, *fold) for params in sets for fold in folds
    )
    metric, judges = METRICS[task.metric], [judge for _, judge in folds] * len(sets)
    scores = [metric(task.y[judge], p) for judge, (p, _) in zip(judges, parts, strict=True)]
    return np.reshape(scores, (len(sets), len(folds))).mean(axis=1).tolist()


def compared_on(task: Task) -> Task:
    """The task, or a part of it where that is enough to compare algorithms on."""
    return sample(task, max(_FEWEST, min(_COMPARED_ON, _CELLS // task.x.shape[1])))


def sample(task: Task, most: int) -> Task:
    """A part of a large task that stands for all of it: as many yes, or evenly spread over time."""
    if len(task.y) <= most:
        return task
    if task.order.times is not None:
        rows = np.argsort(task.order.times, kind="stable")[:: -(-len(task.y) // most)]
    else:
        draw = StratifiedShuffleSplit(1, train_size=most, random_state=task.seed)
        rows = np.sort(next(iter(draw.split(task.y, task.y)))[0])
    return task.of(rows)


def _judge(
    task: Task, algorithm: Algorithm, params: Mapping[str, Any], learn: np.ndarray, judge: np.ndarray
) -> tuple[np.ndarray, float]:
    started = time.process_time()
    with warnings.catch_warnings(), threads.one():
        warnings.simplefilter("ignore")  # a fold without some rare level, a solver that stops at its limit
        model = algorithm.build(params, task.plan, len(learn), task.seed)
        p = model.fit(task.x[learn], task.y[learn]).predict_proba(task.x[judge])[:, 1]
    return p, time.process_time() - started


def _candidate(
    task: Task,
    name: str,
    params: Mapping[str, Any],
    parts: Sequence[np.ndarray],
    folds: Sequence[Fold],
    seconds: float,
) -> Candidate:
    metric = METRICS[task.metric]
    scores = np.array([metric(task.y[judge], p) for (_, judge), p in zip(folds, parts, strict=True)])
    total, times = np.zeros(len(task.y)), np.zeros(len(task.y))
    for (_, judge), p in zip(folds, parts, strict=True):
        total[judge] += p
        times[judge] += 1
    unseen = np.divide(total, times, out=np.full(len(task.y), np.nan), where=times > 0)
    figures = {
        name: float(np.mean([figure(task.y[judge], p) for (_, judge), p in zip(folds, parts, strict=True)]))
        for name, figure in METRICS.items()
    }
    return Candidate(name, params, scores, parts, unseen, seconds, figures)
