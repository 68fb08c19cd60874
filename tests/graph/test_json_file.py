"""Symbol JSON: written as MXNet writes it, read in all its old forms, refused when damaged."""

import copy
import json

import pytest

import symcli as mx
from tests.graph.programs import PROGRAMS, SAMPLES, built


def variable(name, **fields):
    return {"op": "null", "name": name, "inputs": [], **fields}


def operator(op, name, inputs, **fields):
    return {"op": op, "name": name, "inputs": inputs, **fields}


def document(*nodes, heads=None, version=None, **fields):
    """Return the JSON of nodes; the last one is the head. Without a version it is that of MXNet 0.8."""
    made = {
        "nodes": list(nodes),
        "arg_nodes": [i for i, node in enumerate(nodes) if node.get("op") == "null"],
        "heads": [[len(nodes) - 1, 0]] if heads is None else heads,
    }
    if version:
        made["attrs"] = {"mxnet_version": ["int", version]}
    return json.dumps(made | fields)


def loaded(*nodes, **fields):
    return mx.sym.load_json(document(*nodes, **fields))


# ---- the current form


@pytest.mark.parametrize("program", PROGRAMS)
def test_json_is_byte_for_byte_mxnets(program):
    sample = (SAMPLES / f"{program}.json").read_text(encoding="utf-8")
    assert built(mx, PROGRAMS[program]).tojson() == sample
    assert mx.sym.load_json(sample).tojson() == sample


def test_file_holds_the_json(tmp_path):
    net = built(mx, PROGRAMS["attributes"])
    net.save(str(tmp_path / "net-symbol.json"))
    assert (tmp_path / "net-symbol.json").read_bytes() == net.tojson().encode()
    assert mx.sym.load(str(tmp_path / "net-symbol.json")).tojson() == net.tojson()


def test_aliases_load_and_the_canonical_name_is_saved():
    names = {
        "concat": "Concat", "swapaxes": "SwapAxis", "split": "SliceChannel", "crop": "slice", "_Plus": "elemwise_add",
        "flatten": "Flatten", "reshape": "Reshape", "identity": "_copy", "Softmax": "SoftmaxOutput",
    }  # fmt: skip
    params = {"concat": {"num_args": "1"}, "split": {"num_outputs": "2"}, "crop": {"begin": "(0,)", "end": "(1,)"}}
    for alias, name in names.items():
        inputs = [[0, 0], [0, 0]] if alias == "_Plus" else [[0, 0]]
        net = loaded(variable("x"), operator(alias, "n", inputs, attrs=params.get(alias, {})))
        assert json.loads(net.tojson())["nodes"][-1]["op"] == name


def test_nodes_that_no_head_needs_are_dropped():
    net = loaded(variable("a"), variable("b"), operator("relu", "r", [[0, 0]]))
    assert [node["name"] for node in json.loads(net.tojson())["nodes"]] == ["a", "r"]


# ---- old forms (observed with MXNet 1.9.1)


def test_param_and_attr_are_one_with_the_users_apart():
    net = loaded(
        variable("x", attr={"mood": "good"}),
        operator("FullyConnected", "fc", [[0, 0]], param={"num_hidden": "3"}, attr={"num_hidden": "4", "who": "me"}),
    )
    assert net.attr("num_hidden") == "4" and net.attr("who") == "me"
    assert net.infer_shape(x=(2, 5))[1] == [(2, 4)]


def test_operators_without_parameters_keep_any_attribute():
    assert loaded(variable("x"), operator("relu", "r", [[0, 0]], attr={"any": "thing"})).attr("any") == "thing"


@pytest.mark.parametrize("key", ["ctx_group", "lr_mult", "wd_mult", "force_mirroring"])
def test_hidden_keys_get_their_underscores(key):
    net = loaded(variable("x", attr={key: "1"}), operator("relu", "r", [[0, 0]]))
    assert json.loads(net.tojson())["nodes"][0]["attrs"] == {f"__{key}__": "1"}


def test_attributes_of_an_input_move_to_its_variable():
    attrs = {"num_hidden": "3", "weight_lr_mult": "1.5", "bias_wd_mult": "0", "data_ctx_group": "g"}
    net = loaded(
        variable("x"), variable("w"), variable("b"),
        operator("FullyConnected", "fc", [[0, 0], [1, 0], [2, 0]], attrs=attrs),
    )  # fmt: skip
    nodes = json.loads(net.tojson())["nodes"]
    assert [node.get("attrs") for node in nodes] == [
        {"__ctx_group__": "g"}, {"__lr_mult__": "1.5"}, {"__wd_mult__": "0"}, {"num_hidden": "3"},
    ]  # fmt: skip


def test_attributes_of_an_input_move_to_a_variable_that_was_not_listed():
    attrs = {"num_hidden": "3", "weight_lr_mult": "2"}
    net = loaded(variable("x"), operator("FullyConnected", "fc", [[0, 0]], attr=attrs))
    assert net.attr_dict()["fc_weight"] == {"num_hidden": "3", "__lr_mult__": "2", "lr_mult": "2"}


def test_missing_states_are_added_with_their_initial_values():
    net = loaded(
        variable("data"), variable("g"), variable("b"),
        operator("BatchNorm", "bn", [[0, 0], [1, 0], [2, 0]], param={"eps": "0.01"}, attr={"ctx_group": "q"}),
    )  # fmt: skip
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert json.loads(net.tojson())["nodes"][3]["attrs"] == {
        "__ctx_group__": "q", "__init__": '["zero", {}]', "eps": "0.01",
    }  # fmt: skip


def test_missing_inputs_of_a_node_without_name_bear_the_slots_name():
    net = loaded(variable("x"), operator("FullyConnected", "", [[0, 0]], param={"num_hidden": "3"}))
    assert net.list_arguments() == ["x", "weight", "bias"] and net.list_outputs() == ["output"]


@pytest.mark.parametrize(("version", "text"), [(None, '["zero", {}]'), (903, '["zero", {}]'), (10901, None)])
def test_listed_states_get_initial_values_in_old_files(version, text):
    names = ("data", "g", "b", "mean", "var")
    net = loaded(
        *map(variable, names), operator("BatchNorm", "bn", [[i, 0] for i in range(5)]), version=version
    )  # fmt: skip
    assert net.get_internals()["mean"].attr("__init__") == text


def test_entries_of_two_or_three_numbers_and_ignored_fields():
    nodes = variable("x", backward_source_id=-1), operator("relu", "r", [[0, 0, 0]], backward_source_id=-1)
    assert loaded(*nodes, heads=[[1, 0, 0]]).tojson() == loaded(*nodes).tojson()


def test_versions_of_inputs_stay_those_of_the_file():
    net = mx.sym.BatchNorm(mx.sym.BatchNorm(mx.sym.Variable("x"), name="b"), name="c")
    document = json.loads(net.tojson())
    for node in document["nodes"]:
        for k, entry in enumerate(node["inputs"]):
            entry[2] = k + 3
    loaded = mx.sym.load_json(json.dumps(document))
    longer = mx.sym.BatchNorm(loaded, name="z")
    composed = loaded(x=mx.sym.relu(mx.sym.Variable("y"), name="r"))

    def versions(symbol):
        nodes = json.loads(symbol.tojson())["nodes"]
        return {node["name"]: [version for *_, version in node["inputs"]] for node in nodes if node["inputs"]}

    kept, counted = [3, 4, 5, 6, 7], [0, 0, 0, 1, 1]
    assert json.loads(loaded.tojson()) == document
    # As MXNet 1.9.1: a copy keeps them, a new node counts, and so does one that got another input.
    assert versions(copy.copy(loaded)) == {"b": kept, "c": kept}
    assert versions(longer) == {"b": kept, "c": kept, "z": counted}
    assert versions(composed) == {"r": [0], "b": counted, "c": kept}


def test_newer_version_loads():
    assert loaded(variable("x"), version=20000).list_arguments() == ["x"]


# ---- damage

RELU = variable("x"), operator("relu", "r", [[0, 0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value: line 1 column 1 (char 0); needs the text of a -symbol.json file"),
        ("[" * 100_000, "nested too deeply; needs the text of a -symbol.json file"),
        ("[]", "holds a list; needs an object with nodes and heads"),
        ("{}", "the list 'nodes' is missing; needs nodes, arg_nodes and heads"),
        (document(*RELU, nodes={}), "the list 'nodes' is missing; needs nodes, arg_nodes and heads"),
        (document(*RELU, heads=[]), "the list 'heads' is empty; needs one output at least"),
        (document(*RELU, heads=[[9, 0]]), "head 0 is node 9; needs one of the 2 nodes listed before"),
        (document(*RELU, heads=[[1, 4]]), "head 0 is output 4 of 'r', which has 1"),
        (document(*RELU, heads=["r"]), "head 0 is 'r'; needs [node, output, version]"),
        (document(*RELU, heads=[[True, 0]]), "head 0 is [True, 0]; needs [node, output, version]"),
        (document(*RELU, arg_nodes=[1]), "arg_nodes lists 1; needs numbers of variables"),
        (document(*RELU, attrs={"mxnet_version": "new"}),
         'attrs is {\'mxnet_version\': \'new\'}; needs {"mxnet_version": ["int", 10901]}'),
        (json.dumps({"nodes": ["relu"], "arg_nodes": [], "heads": [[0, 0]]}),
         "node 0 is 'relu'; needs an object with op, name and inputs"),
        (document(variable(3)), "node 0: name is 3; needs a text"),
        (document({"name": "x"}), "node 0: op is None; needs a text"),
        (document(variable("x", attrs=[])), "node 0 'x': attrs is []; needs an object"),
        (document(variable("x", attrs={"k": None})), "node 0 'x': k is None; needs a text"),
        (document(variable("x"), operator("relu", "r", [[7, 0]])),
         "node 1 'r': input 0 is node 7; needs one of the 1 nodes listed before"),
        (document(variable("x"), operator("relu", "r", [[-1, 0]])),
         "node 1 'r': input 0 is node -1; needs one of the 1 nodes listed before"),
        (document(operator("relu", "r", [[0, 0]])),
         "node 0 'r': input 0 is node 0; needs one of the 0 nodes listed before"),
        (document(variable("x"), operator("relu", "r", [[0, 3]])),
         "node 1 'r': input 0 is output 3 of 'x', which has 1"),
        (document(variable("x"), operator("relu", "r", [[0, 0, 0, 0]])),
         "node 1 'r': input 0 is [0, 0, 0, 0]; needs [node, output, version]"),
        (document(variable("x"), operator("relu", "r", [[0, 0], [0, 0]])),
         "r (relu) has 2 inputs; takes 1: data"),
        (document(variable("x"), operator("Concat", "c", [[0, 0], [0, 0]], attrs={"num_args": "3"})),
         "node 1 'c': num_args=3, but it has 2 inputs"),
        (document(variable("x"), operator("relu", "r", [[0, 0]]),
                  operator("FullyConnected", "fc", [[1, 0]], attrs={"num_hidden": "3", "data_lr_mult": "2"})),
         "node 2 'fc': data_lr_mult needs a variable as input 'data'"),
    ],
    ids=lambda value: value[:40],
)  # fmt: skip
def test_damaged_json_says_where_and_what_is_needed(text, message):
    with pytest.raises(mx.MXNetError) as raised:
        mx.sym.load_json(text)
    assert str(raised.value) == f"symbol JSON: {message}"


def test_all_unknown_operators_are_named_at_once():
    with pytest.raises(mx.MXNetError) as raised:
        loaded(variable("x"), operator("nope", "r", [[0, 0]]), operator("nada", "q", [[1, 0]]))
    assert str(raised.value) == (
        "symbol JSON: unknown operators: nada (node 2 'q'), nope (node 1 'r'); all there are: symcli ops"
    )


def test_wrong_parameters_name_the_node():
    with pytest.raises(mx.MXNetError) as raised:
        loaded(variable("x"), operator("FullyConnected", "fc", [[0, 0]], attrs={"num_hidden": "three"}))
    assert str(raised.value) == "FullyConnected 'fc': num_hidden='three' is not an integer"


def test_equal_names_load():
    net = loaded(variable("a"), variable("a"), operator("elemwise_add", "a", [[0, 0], [1, 0]]))
    assert net.list_arguments() == ["a", "a"] and net.list_outputs() == ["a_output"]


def places(value, path=()):
    """Return the path of every value in a JSON document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in items for place in places(one, (*path, key)))]


@pytest.mark.parametrize("wrong", [None, True, -1, 10**30, 0.5, "", "x", [], {}, [[0]], {"a": 0}], ids=repr)
def test_any_wrong_value_anywhere_is_an_mxnet_error_or_harmless(wrong):
    sample = json.loads((SAMPLES / "moves.json").read_text(encoding="utf-8"))
    for path in places(sample)[1:]:
        damaged = copy.deepcopy(sample)
        inner = damaged
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = wrong
        try:
            net = mx.sym.load_json(json.dumps(damaged))
            mx.sym.load_json(net.tojson())
            net.infer_shape_partial(data=(2, 5, 3))
        except mx.MXNetError as error:
            assert str(error)


def test_any_cut_is_an_mxnet_error():
    sample = (SAMPLES / "mlp.json").read_text(encoding="utf-8")
    for end in range(0, len(sample) - 2, 7):
        with pytest.raises(mx.MXNetError):
            mx.sym.load_json(sample[:end])


@pytest.mark.parametrize(
    ("attempt", "error", "message"),
    [
        (lambda: mx.sym.load_json(3), TypeError, "load_json: got int; needs the JSON as text"),
        (lambda: mx.sym.load("/nowhere/a.json"), mx.MXNetError,
         "/nowhere/a.json: No such file or directory; needs a readable symbol JSON"),
        (lambda: mx.sym.Variable("x").save("/nowhere/a.json"), mx.MXNetError,
         "/nowhere/a.json: No such file or directory; needs a place that can be written"),
    ],
)  # fmt: skip
def test_file_that_cannot_be_used(attempt, error, message):
    with pytest.raises(error) as raised:
        attempt()
    assert str(raised.value) == message


def test_casts_of_mixed_precision_are_left_out_unless_asked():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    twice = mx.sym.amp_cast(mx.sym.amp_cast(a, dtype="float32", name="c1"), dtype="float16", name="c2")
    both = mx.sym.amp_multicast(a, b, num_outputs=2, name="m")
    symbol = mx.sym.Group([mx.sym.broadcast_add(both[1], both[0], name="x"), twice])
    nodes = json.loads(symbol.tojson())["nodes"]
    # recorded from MXNet 1.9.1
    assert [(node["name"], node["inputs"]) for node in nodes] == [
        ("b", []), ("a", []), ("x", [[0, 0, 0], [1, 0, 0]]), ("c2", [[1, 0, 0]])]  # fmt: skip
    kept = mx.sym.load_json(symbol.tojson(remove_amp_cast=False))
    assert kept.get_internals().list_outputs() == symbol.get_internals().list_outputs()
    assert "c1_output" in symbol.get_internals().list_outputs()


@pytest.mark.parametrize(("parameters", "rows"), [
    ({"kernel": (2, 2)}, [0, 1, 3]), ({"kernel": (2,), "layout": "NCW"}, [0, 1, 3]),
    ({"kernel": (2, 2), "layout": "NHWC"}, [0, 1, 2]), ({"kernel": (2, 2), "pool_type": "avg"}, [0, 1, 2]),
    ({"kernel": (2, 2), "pool_type": "lp", "p_value": 2}, [0, 1, 2]), ({"global_pool": True}, [0, 1, 2]),
    ({"global_pool": True, "kernel": (1, 1)}, [0, 1, 3]),
])  # fmt: skip
def test_files_count_the_workspace_of_max_pooling_as_mxnets_do(parameters, rows):
    pool = mx.sym.Pooling(mx.sym.var("data"), **parameters)
    assert json.loads(pool.tojson())["node_row_ptr"] == rows
    assert len(pool.list_outputs()) == 1 and mx.sym.load_json(pool.tojson()).tojson() == pool.tojson()
