"""Reads the AuditEvents that we write with somebody else's model of FHIR R4: tests/vectors/audit-events.ndjson, which a test of the program
holds equal to what the facility saves. Structure and cardinalities are the model's; the codes of the value sets, and the constraint that the model does
not know, stand here as the specification lists them (https://hl7.org/fhir/R4/auditevent.html)."""

import json
import pathlib
import sys

from fhir.resources.R4B.auditevent import AuditEvent

VECTOR = pathlib.Path(__file__).parent / "vectors" / "audit-events.ndjson"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
REST = "http://hl7.org/fhir/restful-interaction"
OWN = "https://renkei.example.jp/fhir/"

TYPES = {(DCM, str(code)) for code in range(110100, 110115)} | {("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest")}
SUBTYPES = {(DCM, str(code)) for code in range(110120, 110143)} | {
    (REST, code)
    for code in "read vread update patch delete history history-instance history-type history-system create search search-type search-system capabilities transaction batch operation".split()
}
ACTIONS = set("CRUDE")
OUTCOMES = {"0", "4", "8", "12"}
NETWORKS = set("12345")
ENTITY_TYPES = {("http://terminology.hl7.org/CodeSystem/audit-entity-type", code) for code in "1234"}
ROLES = {("http://terminology.hl7.org/CodeSystem/object-role", str(code)) for code in range(1, 25)}
LIFECYCLES = {("http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle", str(code)) for code in range(1, 16)}
SOURCES = {("http://terminology.hl7.org/CodeSystem/security-source-type", str(code)) for code in range(1, 10)}


def pair(coding):
    return (str(coding.system), str(coding.code))


def check(event):
    assert pair(event.type) in TYPES, event.type
    assert event.recorded is not None and event.recorded.tzinfo is not None
    known, own = event.subtype[:-1], event.subtype[-1]
    assert known and all(pair(coding) in SUBTYPES for coding in known), event.subtype
    assert str(own.system) == OWN + "CodeSystem/access-act" and own.code and own.display
    assert event.action in ACTIONS and event.outcome in OUTCOMES
    assert event.outcome == "0" or event.outcomeDesc
    assert event.agent and event.source.observer is not None
    for agent in event.agent:
        assert agent.requestor in (True, False) and agent.who is not None
        if agent.network:
            assert agent.network.type in NETWORKS and agent.network.address
    assert sum(bool(agent.requestor) for agent in event.agent) <= 1
    for coding in event.source.type:
        assert pair(coding) in SOURCES
    for entity in event.entity or []:
        # sev-1: a name or a query, never both.
        assert not (entity.name and entity.query)
        assert pair(entity.type) in ENTITY_TYPES and pair(entity.role) in ROLES
        assert entity.lifecycle is None or pair(entity.lifecycle) in LIFECYCLES
        assert entity.what.identifier.value
        for detail in entity.detail or []:
            assert detail.type and detail.valueString is not None
    if event.period:
        assert event.period.start <= event.period.end


def main():
    lines = VECTOR.read_text(encoding="utf-8").splitlines()
    assert lines
    seen = set()
    for line in lines:
        raw = json.loads(line)
        event = AuditEvent(**raw)
        check(event)
        # Nothing of ours is unknown to the model, nor lost by it.
        again = json.loads(event.model_dump_json(exclude_none=True)) if hasattr(event, "model_dump_json") else json.loads(event.json())
        assert set(again) | {"resourceType"} == set(raw), set(raw) ^ set(again)
        seen.add((event.type.code, event.action, event.outcome))
    assert {("110110", "R", "0"), ("110110", "C", "0"), ("110110", "U", "0"), ("110112", "E", "0"), ("110114", "E", "4"), ("110106", "R", "0")} <= seen, seen
    print("audit events: read by another model,", len(lines), "events")


if __name__ == "__main__":
    sys.exit(main())
