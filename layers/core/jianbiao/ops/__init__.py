"""Operations that are commands, not calls of the API: `python -m jianbiao.ops --help`."""
