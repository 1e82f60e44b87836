"""The algorithms that are compared, from the simplest to the least simple, each with what may be tuned.

Every one gets the matrix of `models.features` and brings its own preparation, so that nothing is learned from a row
that it is later judged on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lightgbm import LGBMClassifier
from optuna import Trial
from sklearn.base import ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.experimental import enable_iterative_imputer  # noqa: F401  IterativeImputer hides behind it
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    OneHotEncoder,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from models.features import Plan

_BOOSTED_ON = 100_000  # rows; boosting is quick, and how long it should go on hangs on how many there are
_LEVELS_IN_ALL = 800  # columns that categories may become together: what is dense must stay small
_MOST_CURVES = 100  # numbers; each curve is seven columns
# What would otherwise take longer the larger the table, for nothing gained:
GROWN_ON = 20_000  # rows of each tree of a forest; of wide tables fewer: rows times columns
_GROWN_CELLS, _FEWEST_GROWN_ON = 600_000, 5_000
_LOOKED_AT = 16  # columns that a forest chooses among at a split
_KERNEL_CELLS = 8_000_000  # rows times landmarks of a kernel machine
_LANDMARKS = (50, 300)
MISSING = ("median", "mean", "indicator", "model")
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Algorithm:
    """One way to learn.

    Attributes:
        build: makes the unfitted model from (parameters, plan, number of rows, seed).
        defaults: the parameters tried first.
        suggest: draws parameters for a trial.
        sketch: what is set smaller while tuning, because the ranking of the rest does not hang on it.
        tuned_on: at most so many rows; what is best for these is best for more.
    """

    name: str
    build: Callable[[Params, Plan, int, int], ClassifierMixin]
    defaults: Params
    suggest: Callable[[Trial], dict[str, Any]]
    sketch: Params = field(default_factory=dict)
    tuned_on: int = 20_000


def _numbers(shape: str, missing: str, seed: int) -> Pipeline:
    """Numbers filled in, then brought into a shape that sums of weights can use."""
    steps = [_imputer(missing, seed)]
    if shape == "quantile":
        steps.append(QuantileTransformer(n_quantiles=200, output_distribution="normal", random_state=seed))
    elif shape == "spline":
        steps += [
            QuantileTransformer(n_quantiles=200, random_state=seed),
            SplineTransformer(n_knots=6, degree=2, knots="uniform", extrapolation="constant"),
        ]
    steps.append(StandardScaler())
    return make_pipeline(*steps)


def _imputer(missing: str, seed: int) -> Any:
    if missing == "model":
        return IterativeImputer(max_iter=5, n_nearest_features=20, random_state=seed, keep_empty_features=True)
    strategy = "mean" if missing == "mean" else "median"
    return SimpleImputer(strategy=strategy, add_indicator=missing == "indicator", keep_empty_features=True)


def _one_hot(plan: Plan) -> OneHotEncoder:
    most = max(8, _LEVELS_IN_ALL // max(1, len(plan.categories)))
    return OneHotEncoder(
        handle_unknown="infrequent_if_exist", min_frequency=10, max_categories=most, sparse_output=False
    )


def _prepared(plan: Plan, numbers: Any, categories: Any) -> ColumnTransformer:
    parts = [("numbers", numbers, plan.numbers), ("categories", categories, plan.categories)]
    return ColumnTransformer([part for part in parts if part[2]])


def _logistic(params: Params, plan: Plan, rows: int, seed: int) -> Pipeline:
    bent = params["shape"] == "spline" and len(plan.numbers) > _MOST_CURVES
    numbers = _numbers("quantile" if bent else params["shape"], params["missing"], seed)
    return make_pipeline(_prepared(plan, numbers, _one_hot(plan)), LogisticRegression(C=params["C"], max_iter=1000))


def _naive_bayes(params: Params, plan: Plan, rows: int, seed: int) -> Pipeline:
    bins = KBinsDiscretizer(
        n_bins=params["bins"], encode="onehot-dense", strategy="quantile", quantile_method="averaged_inverted_cdf"
    )
    numbers = make_pipeline(_imputer("median", seed), bins)
    return make_pipeline(_prepared(plan, numbers, _one_hot(plan)), BernoulliNB(alpha=params["alpha"]))


def _svm(params: Params, plan: Plan, rows: int, seed: int) -> Pipeline:
    """A kernel machine by Nystroem's approximation (Williams and Seeger, 2001), which also fits large tables."""
    fewest, most = _LANDMARKS
    landmarks = min(max(_KERNEL_CELLS // rows, fewest), most, rows // 3)
    kernel = Nystroem(gamma=params["gamma"], n_components=landmarks, random_state=seed)
    margin = CalibratedClassifierCV(LinearSVC(C=params["C"], random_state=seed), ensemble=False, cv=3)
    numbers = _numbers("quantile", params["missing"], seed)
    return make_pipeline(_prepared(plan, numbers, _one_hot(plan)), kernel, margin)


def _encoded(plan: Plan, seed: int) -> ColumnTransformer:
    return _prepared(plan, "passthrough", TargetEncoder(target_type="binary", cv=5, random_state=seed, shuffle=True))


def _tree(params: Params, plan: Plan, rows: int, seed: int) -> Pipeline:
    tree = DecisionTreeClassifier(
        max_depth=params["depth"], min_samples_leaf=_leaf(params["leaf"], rows), random_state=seed
    )
    return make_pipeline(_encoded(plan, seed), tree)


def _forest(params: Params, plan: Plan, rows: int, seed: int) -> Pipeline:
    columns = len(plan.features)
    sample = min(round(params["sample"] * rows), GROWN_ON, max(_GROWN_CELLS // columns, _FEWEST_GROWN_ON))
    forest = RandomForestClassifier(
        n_estimators=params["trees"],
        min_samples_leaf=_leaf(params["leaf"], round(sample / params["sample"])),
        max_features=min(max(1, int(params["features"] * columns)), _LOOKED_AT),
        max_samples=sample,
        random_state=seed,
        n_jobs=1,
    )
    return make_pipeline(_encoded(plan, seed), forest)


def _leaf(share: float, rows: int) -> int:
    return max(2, round(share * rows))


def _hist_boosting(params: Params, plan: Plan, rows: int, seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=params["rate"],
        max_iter=params["trees"],
        max_leaf_nodes=params["leaves"],
        min_samples_leaf=min(params["leaf"], max(2, rows // 20)),
        l2_regularization=params["l2"],
        categorical_features=plan.categories or None,
        early_stopping=False,
        random_state=seed,
    )


def _lightgbm(params: Params, plan: Plan, rows: int, seed: int) -> LGBMClassifier:
    return LGBMClassifier(
        learning_rate=params["rate"],
        n_estimators=params["trees"],
        num_leaves=params["leaves"],
        min_child_samples=min(params["leaf"], max(2, rows // 20)),
        reg_lambda=params["l2"],
        subsample=params["rows"],
        subsample_freq=1,
        colsample_bytree=params["columns"],
        cat_smooth=params["smooth"],
        categorical_feature=plan.categories,
        # the same rows give the same model, to the bit
        deterministic=True,
        force_row_wise=True,
        random_state=seed,
        n_jobs=1,
        verbosity=-1,
    )


def _neural(params: Params, plan: Plan, rows: int, seed: int) -> Pipeline:
    numbers = _numbers("quantile", "indicator", seed)
    net = MLPClassifier(
        hidden_layer_sizes=(params["width"], params["width"] // 2),
        alpha=params["decay"],
        learning_rate_init=params["rate"],
        batch_size=min(256, max(16, rows // 20)),
        early_stopping=rows > 500,
        n_iter_no_change=5,
        max_iter=60,
        random_state=seed,
    )
    return make_pipeline(_prepared(plan, numbers, _one_hot(plan)), net)


def _boosting_space(trial: Trial) -> dict[str, Any]:
    return {
        "rate": trial.suggest_float("rate", 0.01, 0.15, log=True),
        "trees": trial.suggest_int("trees", 50, 600, log=True),
        "leaves": trial.suggest_int("leaves", 3, 63, log=True),
        "leaf": trial.suggest_int("leaf", 5, 200, log=True),
        "l2": trial.suggest_float("l2", 0.01, 50.0, log=True),
    }


ALGORITHMS = (
    Algorithm(
        "logistic regression",
        _logistic,
        {"C": 0.3, "shape": "spline", "missing": "indicator"},
        lambda t: {
            "C": t.suggest_float("C", 0.001, 30.0, log=True),
            "shape": t.suggest_categorical("shape", ["standard", "quantile", "spline"]),
            "missing": t.suggest_categorical("missing", list(MISSING[:3])),
        },
    ),
    Algorithm(
        "naive Bayes",
        _naive_bayes,
        {"bins": 10, "alpha": 1.0},
        lambda t: {"bins": t.suggest_int("bins", 3, 30), "alpha": t.suggest_float("alpha", 0.01, 30.0, log=True)},
    ),
    Algorithm(
        "decision tree",
        _tree,
        {"depth": 6, "leaf": 0.01},
        lambda t: {"depth": t.suggest_int("depth", 2, 12), "leaf": t.suggest_float("leaf", 0.001, 0.1, log=True)},
    ),
    Algorithm(
        "support vector machine",
        _svm,
        {"C": 0.1, "gamma": 0.02, "missing": "indicator"},
        lambda t: {
            "C": t.suggest_float("C", 0.001, 10.0, log=True),
            "gamma": t.suggest_float("gamma", 0.001, 0.3, log=True),
            "missing": t.suggest_categorical("missing", list(MISSING[:3])),
        },
    ),
    Algorithm(
        "random forest",
        _forest,
        {"trees": 300, "leaf": 0.0005, "features": 0.3, "sample": 0.7},
        lambda t: {
            "trees": 300,
            "leaf": t.suggest_float("leaf", 0.0001, 0.02, log=True),
            "features": t.suggest_float("features", 0.1, 0.8),
            "sample": t.suggest_float("sample", 0.3, 0.95),
        },
        sketch={"trees": 100},
    ),
    Algorithm(
        "histogram gradient boosting",
        _hist_boosting,
        {"rate": 0.05, "trees": 150, "leaves": 12, "leaf": 30, "l2": 1.0},
        _boosting_space,
        tuned_on=_BOOSTED_ON,
    ),
    Algorithm(
        "LightGBM",
        _lightgbm,
        {
            "rate": 0.04, "trees": 200, "leaves": 12, "leaf": 30, "l2": 5.0, "rows": 0.8, "columns": 0.6,
            "smooth": 20.0,
        },
        lambda t: {
            **_boosting_space(t),
            "rows": t.suggest_float("rows", 0.5, 1.0),
            "columns": t.suggest_float("columns", 0.3, 1.0),
            "smooth": t.suggest_float("smooth", 1.0, 200.0, log=True),
        },
        tuned_on=_BOOSTED_ON,
    ),
    Algorithm(
        "neural network",
        _neural,
        {"width": 32, "decay": 0.01, "rate": 0.003},
        lambda t: {
            "width": t.suggest_int("width", 8, 96, log=True),
            "decay": t.suggest_float("decay", 1e-4, 3.0, log=True),
            "rate": t.suggest_float("rate", 5e-4, 0.02, log=True),
        },
    ),
)  # fmt: skip
