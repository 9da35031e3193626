"""Prints the CloudFormation template that SAM makes of infra/template.yaml, for linters that know no SAM.

usage: transformed.py [PARAMETER=VALUE ...]    (parameters that are not named have their defaults)

The transform is the one that AWS runs (the package aws-sam-translator). It needs no account: no managed policy is looked up.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")

from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402


class NoManagedPolicies:
    """The template names its policies in full."""

    def load(self):
        return {}


def main() -> None:
    template = yaml_parse((Path(__file__).parent / "template.yaml").read_text(encoding="utf-8"))
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            # The transform takes code that was uploaded; which does not matter to a linter.
            resource["Properties"]["CodeUri"] = {"Bucket": "code", "Key": name}
    parameters = dict(argument.split("=", 1) for argument in sys.argv[1:])
    json.dump(transform(template, parameters, NoManagedPolicies()), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
