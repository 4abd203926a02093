"""What patients say, labelled: the examples that the sentence encoder has learnt their language from."""
