"""Asks the OWL API and HermiT of an ontology: violations of OWL 2 DL, and classes that nothing can be.

    owl_profile.py FILE.ttl [--reason]

Prints {"axioms": …, "violations": […], "unsatisfiable": […]} as JSON. The libraries are Java and come
with owlready2 (one jar, which holds both); a process of its own keeps the virtual machine out of the tests.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import jpype


def start() -> None:
    spec = find_spec("owlready2")
    assert spec is not None
    assert spec.origin is not None
    jar = Path(spec.origin).parent / "hermit" / "HermiT.jar"
    jpype.startJVM(classpath=[str(jar)])


def main(file: str, reason: bool) -> None:
    start()
    manager = jpype.JClass("org.semanticweb.owlapi.apibinding.OWLManager").createOWLOntologyManager()
    ontology = manager.loadOntologyFromOntologyDocument(jpype.JClass("java.io.File")(file))
    profile = jpype.JClass("org.semanticweb.owlapi.profiles.OWL2DLProfile")()
    violations = sorted(str(v) for v in profile.checkOntology(ontology).getViolations())
    result = {"axioms": int(ontology.getAxiomCount()), "violations": violations}
    if reason:
        reasoner = jpype.JClass("org.semanticweb.HermiT.Reasoner")(ontology)
        result["consistent"] = bool(reasoner.isConsistent())
        result["unsatisfiable"] = sorted(
            str(c) for c in reasoner.getUnsatisfiableClasses().getEntitiesMinusBottom()
        )
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], "--reason" in sys.argv[2:])
