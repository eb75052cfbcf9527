"""scikit-learn's own checks of estimators, over probes, calibrators and prompts."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted

from promptlab.calibrators import (
    CALIBRATORS,
    CalibratedClassifier,
    DegenerateFit,
    Platt,
)
from promptlab.data import load
from promptlab.estimator import PromptClassifier
from promptlab.probes import KNN, LDA, Logistic, Ridge, SingleLayer


class Calibrated(ClassifierMixin, BaseEstimator):
    """A logistic regression, calibrated on the rows it was fitted to."""

    def __init__(self, calibrator):
        self.calibrator = calibrator

    def fit(self, X, y):
        classifier = LogisticRegression().fit(X, y)
        self.model_ = CalibratedClassifier(classifier, self.calibrator).fit(X, y)
        self.classes_ = self.model_.classes_
        self.n_features_in_ = classifier.n_features_in_
        return self

    def predict(self, X):
        check_is_fitted(self)
        return self.model_.predict(X)

    def predict_proba(self, X):
        check_is_fitted(self)
        return self.model_.predict_proba(X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True  # as the logistic regression
        return tags


PROBES = [LDA(), Ridge(), Logistic(), KNN(n_neighbors=3)]
PROBES += [SingleLayer(lr=0.1, max_epoch=8)]

# The rows of these checks are separable. No temperature fits them, which is refused.
UNFITTED = [
    'check_classifiers_classes',
    'check_estimators_fit_returns_self',
    'check_estimators_overwrite_params',
    'check_estimators_pickle',
    'check_pipeline_consistency',
    'check_readonly_memmap_input',
]
FEW_ROWS = [
    'check_dict_unchanged',
    'check_dont_overwrite_parameters',
    'check_f_contiguous_array_estimator',
    'check_fit2d_1feature',
    'check_fit2d_predict1d',
    'check_methods_sample_order_invariance',
    'check_methods_subset_invariance',
]
SEPARABLE = {
    'temperature': UNFITTED,
    'bias_temperature': [*UNFITTED, 'check_fit2d_1feature'],
    'vector': UNFITTED + FEW_ROWS,
    'matrix': UNFITTED,
    'dirichlet': [*UNFITTED, 'check_fit2d_1feature'],
    'beta': [*UNFITTED, *FEW_ROWS, 'check_positive_only_tag_during_fit'],
}
REGRESSION = ['check_classifiers_one_label', 'check_classifiers_regression_target']
STEPS = (
    'Its map has steps at the fitted scores: rounding of the decision function, which '
    'depends on the rows beside it and on the machine, may carry a row over one.'
)


def expected_failures(estimator):
    """Return the checks that cannot pass, each with its reason."""
    if isinstance(estimator, (Ridge, SingleLayer)):
        return dict.fromkeys(
            REGRESSION, 'it learns numbers, too, from targets of floats'
        )
    if not isinstance(estimator, Calibrated):
        return {}
    name = next(
        n for n, kind in CALIBRATORS.items() if kind is type(estimator.calibrator)
    )
    if name in SEPARABLE:
        return dict.fromkeys(SEPARABLE[name], 'separable rows have no temperature')
    if name == 'venn_abers':
        return {'check_methods_subset_invariance': STEPS}
    return {}


@parametrize_with_checks(
    PROBES + [Calibrated(make()) for make in CALIBRATORS.values()],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def refuses_separable(calibrator):
    labels = np.arange(40) % 2
    try:
        calibrator.fit((2 * labels - 1) * np.linspace(1, 3, 40), labels)
    except DegenerateFit:
        return True
    return False


def test_few_checks_are_expected_to_fail():
    assert len(UNFITTED + FEW_ROWS) < 15
    refusing = {name for name, make in CALIBRATORS.items() if refuses_separable(make())}
    assert refusing == set(SEPARABLE)


# Texts are no arrays of numbers, so scikit-learn leaves out most of its checks.

WITHOUT_ROWS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
]


@pytest.mark.parametrize('check', WITHOUT_ROWS, ids=lambda check: check.__name__)
def test_prompt_classifier_without_rows(check):
    check('PromptClassifier', PromptClassifier())


@pytest.fixture(scope='module')
def reviews():
    return load('mini-imdb', limit=24)


@pytest.fixture(scope='module')
def fitted(reviews):
    model = PromptClassifier(epochs=1, n_tokens=2, random_state=0)
    return model.fit(reviews.text, reviews.label)


def test_prompt_classifier_is_not_fitted(reviews):
    for method in ('predict', 'predict_proba', 'decision_function'):
        with pytest.raises(NotFittedError):
            getattr(PromptClassifier(), method)(reviews.text)


def test_prompt_classifier_does_not_depend_on_order_or_neighbours(fitted, reviews):
    texts = list(reviews.text[:9])
    together = fitted.predict_proba(texts)
    np.testing.assert_allclose(fitted.predict_proba(texts[::-1])[::-1], together, 1e-5)
    alone = np.concatenate([fitted.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(alone, together, 1e-5)


def test_prompt_classifier_is_repeatable(fitted, reviews):
    again = clone(fitted).fit(reviews.text, reviews.label)
    np.testing.assert_array_equal(
        again.decision_function(reviews.text), fitted.decision_function(reviews.text)
    )


def test_prompt_classifier_can_be_pickled(fitted, reviews):
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_allclose(
        restored.predict_proba(reviews.text), fitted.predict_proba(reviews.text)
    )


@pytest.mark.parametrize('freeze', [lambda model: model, FrozenEstimator])
def test_calibrated_prompt_in_cross_validation(freeze, fitted, reviews):
    calibrated = CalibratedClassifier(freeze(fitted), Platt())
    scores = cross_val_score(calibrated, reviews.text, reviews.label, cv=2)
    assert np.isfinite(scores).all()


def test_grid_search_over_calibrators(fitted, reviews):
    calibrated = CalibratedClassifier(fitted, Platt())
    choices = {'calibrator': [Platt(), CALIBRATORS['histogram'](n_bins=2)]}
    search = GridSearchCV(calibrated, choices, cv=2).fit(reviews.text, reviews.label)
    assert np.isfinite(search.cv_results_['mean_test_score']).all()
