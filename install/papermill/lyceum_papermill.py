"""Teaches papermill to write the cell of injected parameters in Go."""

import json

from papermill.engines import NBClientEngine as Engine
from papermill.exceptions import PapermillException
from papermill.translators import Translator, papermill_translators


class GoTranslator(Translator):
    @classmethod
    def translate_none(cls, val):
        raise PapermillException("a parameter for Go needs a value: nil has no type")

    @classmethod
    def translate_bool(cls, val):
        return "true" if val else "false"

    @classmethod
    def translate_int(cls, val):
        return str(val)

    @classmethod
    def translate_float(cls, val):
        return "float64(%r)" % val

    @classmethod
    def translate_str(cls, val):
        return json.dumps(str(val), ensure_ascii=False)

    @classmethod
    def translate_list(cls, val):
        kinds = {type(v) for v in val}
        names = {int: "int", float: "float64", str: "string", bool: "bool"}
        kind = names.get(kinds.pop(), "any") if len(kinds) == 1 else "any"
        return "[]%s{%s}" % (kind, ", ".join(cls.translate(v) for v in val))

    @classmethod
    def translate_dict(cls, val):
        return "map[string]any{%s}" % ", ".join("%s: %s" % (cls.translate_str(k), cls.translate(v)) for k, v in val.items())

    @classmethod
    def comment(cls, text):
        return ("// " + text).strip()

    @classmethod
    def assign(cls, name, text):
        return "%s := %s" % (name, text)


papermill_translators.register("go", GoTranslator)
