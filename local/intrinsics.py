"""Just enough of CloudFormation's intrinsic functions to read an API description out of a processed template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Unresolved(Exception):
    """The template uses a function or a name that this resolver does not know."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves values of a template whose stack is deployed.

    `names` maps parameters, pseudo parameters and logical ids (to their physical ids); `arns` maps logical ids of
    functions to their ARNs; `conditions` is the template's section of that name.
    """

    names: Mapping[str, Any]
    arns: Mapping[str, str]
    conditions: Mapping[str, Any]

    def value(self, node: Any) -> Any:
        """`node` without intrinsic functions; raises Unresolved."""
        if isinstance(node, list):
            return [self.value(item) for item in node if item != {"Ref": "AWS::NoValue"}]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((function, argument),) = node.items()
            if function == "Ref":
                return self._name(argument)
            if function == "Fn::If":
                condition, yes, no = argument
                return self.value(yes if self.holds({"Condition": condition}) else no)
            if function == "Fn::Sub":
                if not isinstance(argument, str):
                    raise Unresolved("Fn::Sub with a map")
                return re.sub(r"\$\{([^}]+)\}", lambda match: str(self._name(match[1])), argument)
            if function == "Fn::GetAtt":
                return self._name(".".join(argument))
            if function.startswith("Fn::"):
                raise Unresolved(function)
        return {key: self.value(item) for key, item in node.items()}

    def holds(self, node: Any) -> bool:
        """Whether a condition holds; raises Unresolved."""
        ((function, argument),) = node.items()
        if function == "Condition":
            return self.holds(self.conditions[argument])
        if function == "Fn::Equals":
            left, right = (self.value(side) for side in argument)
            return _text(left) == _text(right)
        if function == "Fn::Not":
            return not self.holds(argument[0])
        if function == "Fn::And":
            return all(self.holds(item) for item in argument)
        if function == "Fn::Or":
            return any(self.holds(item) for item in argument)
        raise Unresolved(function)

    def _name(self, name: str) -> Any:
        if name.endswith(".Arn") and name[:-4] in self.arns:
            return self.arns[name[:-4]]
        if name not in self.names:
            raise Unresolved(name)
        return self.names[name]


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
