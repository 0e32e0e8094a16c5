"""The rules by which the parts depend on each other, checked on the text of the sources.

Each rule is a line of a table below. A change that breaks one either goes elsewhere or, for a good reason, changes
the table: then the reason is seen in the review.
"""

import fnmatch
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

PROCESSES = ["prober", "aggregator", "notifier", "recorder", "mock_server", "cli"]

# Who may include whose headers: processes meet only in common.
ARROWS = {process: {process, "common"} for process in PROCESSES} | {"common": {"common"}}

# The rooms of common, from the ground up: each knows itself and those before it.
ROOMS = [f"common/{room}" for room in ("base", "times", "messages", "config", "process", "bus")]

# The rooms of the other folders, and what each may know of its own folder beside itself.
INNER_ROOMS = {
    "aggregator/target": ["aggregator/ledger.hpp", "aggregator/node_time.hpp", "aggregator/rows.hpp", "aggregator/saved.hpp"],
    "aggregator/probers": ["aggregator/target/*", "aggregator/input.hpp", "aggregator/ledger.hpp", "aggregator/node_time.hpp",
                           "aggregator/rows.hpp", "aggregator/saved.hpp"],
    "aggregator/recording": ["aggregator/core.hpp", "aggregator/input.hpp", "aggregator/saved.hpp"],
    "aggregator/journal": ["aggregator/target/*", "aggregator/rows.hpp", "aggregator/wake.hpp"],
    "notifier/sinks": [f"notifier/{name}.hpp" for name in ("digest", "http_answer", "http_post", "item", "render")],
}

# What the command for people shows by itself is read and worded as the processes do it.
LENT = {"cli": ["aggregator/journal/journal.hpp", "aggregator/journal/lock.hpp", "notifier/render.hpp"]}

# Where each third party may be seen. A library that is known in one place can be replaced there.
THIRD_PARTIES = {
    r"<zmq": ["common/bus/*", "*/app.hpp"],
    r"<msgpack": ["common/messages/bounded_tree.hpp"],
    r'"common/messages/bounded_tree.hpp"': ["common/messages/pack.hpp"],
    r'"common/messages/pack.hpp"': ["common/messages/wire.cpp", "aggregator/journal/codec.cpp", "aggregator/recording/codec.cpp"],
    r"<simdjson": ["prober/json_field.cpp"],
    r"<yaml-cpp/": ["common/config/yaml_*.cpp"],
    r"<idn2": ["common/base/web_address.cpp"],
    r"<date/": ["common/times/computed_time.cpp", "mock_server/*.cpp"],
    r"<soci/": ["aggregator/journal/*", "notifier/store*.cpp", "notifier/owed_run.cpp", "recorder/sql_*",
                "common/process/sqlite_session.*"],
    r"<(sqlite3|mysql|libpq)": [],  # by way of SOCI's headers
    r"<curl/": ["prober/*", "notifier/http_post.cpp", "cli/healthcheck.cpp"],
    r"<openssl/": ["prober/tls_*.cpp", "aggregator/recording/*.cpp"],
    r"<microhttpd": ["mock_server/http_server.cpp", "common/process/health.cpp"],
    r"<prometheus/": ["common/process/health.cpp", "common/process/metrics.hpp", "*/metrics.cpp"],
    r"<spdlog": ["common/process/log.cpp", "notifier/sinks/log.cpp"],
    r"<CLI/": ["common/process/command_line.cpp"],
    r"<httplib": [],  # tests only
    r"<zlib": ["mock_server/answer.cpp"],
    r"<fmt/": ["common/process/log.hpp", "mock_server/*.cpp"],
    r"<nlohmann/": [
        "common/messages/json_lines.cpp",
        "notifier/*.cpp",
        *(f"mock_server/{name}.cpp" for name in ("answer_log", "change", "hook", "hook_message", "json_text", "model")),
        "mock_server/hook_message.hpp",
    ],
}

# What Linux and its C library have.
SYSTEM = r"(?:sys|arpa|netinet)/\w+|fcntl|iconv|netdb|poll|pwd|strings|unistd"

# What is one section's or one sink's affair is named in its own files and in the tables that list it.
ENTRIES = {
    r"(?i)rocket\.?chat": [
        "common/config/sections/rocketchat.*",
        "common/config/sections/table.cpp",
        "common/config/sections/server_keys.cpp",  # says what `notification` does
        "notifier/sinks/rocketchat/*",
        "notifier/sinks/table.cpp",
        "mock_server/*",  # plays it
    ],
    r"TerminalConfig|terminal_(section|kind)": [
        "common/config/sections/terminal.*",
        "common/config/sections/table.cpp",
        "notifier/sinks/terminal.*",
        "notifier/sinks/table.cpp",
    ],
    r"log_(section|kind)": [
        "common/config/sections/logs.cpp",
        "common/config/sections/table.cpp",
        "notifier/sinks/log.*",
        "notifier/sinks/table.cpp",
    ],
    r'#include "common/config/sections/': ["common/config/config.hpp", "common/config/sections/*", "notifier/sinks/*"],
    r"\b\w+_section\(\)": ["common/config/sections/*"],
}

# Who may look at a clock: shells, which hand the time down. All others are told what time it is.
CLOCKS = {
    # Of whatever alias: a call without arguments, or the function itself handed on.
    r"::\s*now\b(?!\s*\(\s*[^)\s])": ["common/base/clocks.cpp", "common/process/health.cpp", "mock_server/connection.cpp"],
    r"\b(gettimeofday|clock_gettime|timespec_get|ftime)\s*\(": [],
    r"(?<!\w)(?:std\s*)?::\s*(?:time|clock)\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)": [],
    # The aggregator goes by a wall clock only as far as its basis does.
    r"\btaken_for_ours\b": ["aggregator/node_time.hpp", "aggregator/clock_basis.cpp", "aggregator/pipe.cpp"],
    r"\bread_clocks\b": [
        "common/base/clocks.*",
        "common/bus/bus.cpp",  # what it refuses is told once a minute
        "common/bus/event_source.cpp",
        "*/app.cpp",
        "*/*pipe.cpp",
        "*/stdin_app.cpp",
        "prober/standalone.cpp",
        "notifier/team.cpp",
        "notifier/courier.cpp",
        "notifier/owed_run.cpp",
        "notifier/test_run.cpp",
        "recorder/sql_postgresql.cpp",  # waits for a server
        "mock_server/service.cpp",
        "cli/events.cpp",
        "cli/operator_call.cpp",
        "cli/replay.cpp",
        "cli/supervisor.cpp",
    ],
}

# Who may ask a name service, which can take minutes to answer: a thread of its own; at the start; of numbers, nobody.
NAME_SERVICES = {
    r"\b(getaddrinfo|getnameinfo)\s*\(": [
        "prober/resolver.cpp",
        "common/process/listen.cpp",  # of an option, once
        "common/bus/listener.cpp",  # of numbers only
        "mock_server/http_server.cpp",  # of numbers only
    ],
    r"\b(gethostby\w+|getservby\w+|getpw\w+|getgr\w+|getlogin\w*|initgroups)\s*\(": [],  # fgetpwent reads a file
}

# What has SOCI give a statement a name at the server, which a pooler need not know; in recorder/ nameless() is used instead.
NAMED_STATEMENTS = {
    r"\bprepare\s*<<|\bprepare_(?:table_names|column_descriptions)\b|\browset\w*\b": [],
    r"\bprepare\s*\(": ["recorder/sql_statement.hpp"],
}

# What the aggregator remembers of times moves with its clock, when a step of that is believed: what a struct's
# for_each_instant names, or its class' shift_clock. All that may hold such a time and does not move, and why.
STILL = {
    "is made and used up within one turn": [
        "Changes", "Restored", "Step", "Observation", "Opening", "Watching", "ConsumerNews", "Loss", "Retention",
        "Change", "ChainTurn", "ClockShift", "WatchConsumers", "ClockStepped", "ClockAdopted", "Sender",
    ],
    "names members and holds nothing": ["Axis"],
    "is written down, and read into what moves": [
        "SavedTarget", "SavedEverybody", "SavedTargets", "SavedStream", "SavedProbers", "SavedConsumer", "SavedConsumers",
        "SavedSystem", "Saved", "RecordedInput",
    ],
    "says what its owner holds, which moves": ["TargetRow.state", "ProberRow.heard_at"],
    "is a target's own time": [
        "StoredState.computed_at", "StoredState.previous_computed_at", "StoredState.other_reading",
        "StoredState.went_back_from", "StoredState.recent", "StoredState.recent_gone", "View.newest",
    ],
    "is a length": [
        "Problem.grid", "ProberTable.lease_", "Links.lease", "App.shortest_interval_", "ClockBasis.told_step_",
    ],
    "is what moves": ["ClockBasis.last_", "Core.latest_"],
    "moves as part of a step": ["Slot.state"],
    "is made anew": ["Deadline.at"],
    "is told apart from the one before, and nothing else": ["Control.reloaded_at_"],
    "is of a pipe, whose clock is never moved": ["PipeOptions.until"],
}

# What decides, and nothing else: no third party, no sockets, files, logs, threads, clocks or chance, directly or by a
# header. Which files these are is said to people, in a table of docs/architecture.md. They include each other, of the
# standard library what computes in memory, and of ours beside them the headers below.
COMPUTES = """
    algorithm any array bit bitset cassert cctype cerrno cfloat charconv chrono climits cmath compare concepts cstddef
    cstdint cstring deque exception forward_list functional initializer_list iterator limits list map memory new numbers
    numeric optional queue ratio ranges set span stack stdexcept string string_view system_error tuple type_traits
    typeindex typeinfo unordered_map unordered_set utility variant vector
""".split()
PLAIN = {
    "holds data": [
        "aggregator/target/state.hpp", "aggregator/target/step.hpp", "common/base/first_times.hpp", "common/base/result.hpp",
        "common/config/config.hpp", "common/config/secret.hpp", "common/config/section_store.hpp",
        "common/config/sections/*.hpp", "common/messages/message_fields.hpp", "common/messages/messages.hpp",
        "common/messages/refusals.hpp", "notifier/http_answer.hpp", "notifier/item.hpp", "prober/transfer.hpp",
        "recorder/event_store.hpp",
    ],
    "computes, with a library that its own source alone sees": [
        "common/messages/wire.hpp", "common/times/computed_time.hpp", "prober/json_field.hpp", "prober/tls_words.hpp",
    ],
}
ALSO_PURE = {
    ("notifier/sinks/rocketchat/body.cpp", "nlohmann/json.hpp"): "JSON in memory",
    ("notifier/sinks/rocketchat/retry.cpp", "nlohmann/json.hpp"): "JSON in memory",
    ("common/base/text.cpp", "cstdio"): "snprintf, into memory",
    ("common/base/time.cpp", "cstdio"): "snprintf, into memory",
    ("common/base/time.cpp", "ctime"): "local time by TZ, of the time that it is given",
}


def pure_units():
    """The first column of the table: a path, and after it the names of more files in the same folder or below it."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = text.split("| pure |")[1].split("\n\n")[0].splitlines()[2:]
    for row in rows:
        for group in row.split("|")[1].split(";"):
            folder = None
            for name in re.findall(r"`([^`]+)`", group):
                if folder is None or (ROOT / name).with_suffix(".hpp").exists():
                    folder = name.rsplit("/", 1)[0]
                else:
                    name = f"{folder}/{name}"
                    folder = name.rsplit("/", 1)[0]
                yield name


PURE = list(pure_units())


def sources():
    for folder in ARROWS:
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            yield path.relative_to(ROOT).as_posix()


@cache
def lines_of(name):
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


@cache
def includes_of(name):
    """Each as it is written, "common/..." or <...>, however the line is spaced."""
    return re.findall(r'^\s*#\s*include(?:_next)?\s*(<[^>]*>|"[^"]*")', "\n".join(lines_of(name)), re.M)


@cache
def reached_from(name):
    """What a file includes, and what the project's headers that it includes include in turn: (by whom, what)."""
    found = {(name, include) for include in includes_of(name)}
    for include in includes_of(name):
        if include.startswith('"') and include.strip('"') != name:
            found |= reached_from(include.strip('"'))
    return found


def room_of(name):
    """The room of common that a file is in, be it in a folder of that room."""
    return next((room for room in ROOMS if name.startswith(room + "/")), None)


def allowed(name, patterns):
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def wrong_includes(folder, allows):
    """What the files of a folder include of ours although it is not allowed there."""
    return [
        f"{name} includes {include}"
        for name in sources()
        if name.startswith(folder + "/")
        for include in includes_of(name)
        if include.startswith('"') and not allows(include.strip('"'))
    ]


def test_there_are_sources():
    assert len(list(sources())) > 100
    others = [path for folder in ARROWS for path in (ROOT / folder).rglob("*") if path.suffix not in (".hpp", ".cpp", ".txt", "")]
    assert not others  # all that is compiled is looked at


def test_ours_are_included_by_their_path_in_quotes():
    """The rules below know a header by that; what is not ours is in angle brackets."""
    ours = {f'"{name}"' for name in sources()}
    wrong = [f"{name}: {include}" for name in sources() for include in includes_of(name)
             if (include.startswith('"') and include not in ours) or f'"{include[1:-1]}"' in ours - {include}]
    hidden = [f"{name}: {line.strip()}" for name in sources() for line in lines_of(name)
              if re.match(r"\s*(#|%:|\?\?=)\s*(include|import)", line) and not re.match(r'\s*#\s*include\s*[<"]', line)]
    assert not wrong + hidden


@pytest.mark.parametrize("folder", ARROWS)
def test_processes_meet_only_in_common(folder):
    lent = LENT.get(folder, [])
    assert not wrong_includes(folder, lambda header: header.split("/")[0] in ARROWS[folder] or header in lent)


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_know_only_those_below(room):
    known = ROOMS[: ROOMS.index(room) + 1]
    assert not wrong_includes(room, lambda header: room_of(header) in known)


@pytest.mark.parametrize("room", INNER_ROOMS)
def test_inner_rooms_know_what_they_need_of_their_folder(room):
    process = room.split("/")[0]
    known = [room + "/*", *INNER_ROOMS[room]]
    assert not wrong_includes(room, lambda header: not header.startswith(process + "/") or allowed(header, known))


def test_everything_in_common_is_in_a_room():
    assert not [name for name in sources() if name.startswith("common/") and room_of(name) is None]


@pytest.mark.parametrize("header", THIRD_PARTIES)
def test_each_third_party_is_seen_only_where_it_belongs(header):
    wrong = [
        f"{name} includes {include}"
        for name in sources()
        for include in includes_of(name)
        if re.match(header, include) and not allowed(name, THIRD_PARTIES[header])
    ]
    assert not wrong


def test_no_third_party_is_without_its_line():
    known = rf"<\w+>|<(?:{SYSTEM})\.h>|" + "|".join(THIRD_PARTIES)
    assert not [f"{name} includes {include}" for name in sources() for include in includes_of(name)
                if include.startswith("<") and not re.match(known, include)]


def test_no_line_of_the_third_parties_is_left_over():
    seen = {header: [name for name in sources() if any(re.match(header, i) for i in includes_of(name))] for header in THIRD_PARTIES}
    assert not [(header, pattern) for header, patterns in THIRD_PARTIES.items() for pattern in patterns
                if not fnmatch.filter(seen[header], pattern)]


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_of_a_table_is_named_in_its_own_files(name):
    wrong = [
        f"{file}: {line.strip()}"
        for file in sources()
        if not allowed(file, ENTRIES[name])
        for line in lines_of(file)
        if re.search(name, line)
    ]
    assert not wrong


def wrong_calls(call, allows):
    return [
        f"{name}:{text_of(name).count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for name in sources()
        if not allowed(name, allows)
        for found in re.finditer(call, text_of(name))
    ]


@pytest.mark.parametrize("call", CLOCKS)
def test_clocks_are_read_only_by_shells(call):
    assert not wrong_calls(call, CLOCKS[call])


@pytest.mark.parametrize("call", NAME_SERVICES)
def test_no_loop_waits_for_a_name_service(call):
    assert not wrong_calls(call, NAME_SERVICES[call])


@pytest.mark.parametrize("call", NAMED_STATEMENTS)
def test_the_recorder_names_no_statements(call):
    assert not [wrong for wrong in wrong_calls(call, NAMED_STATEMENTS[call]) if wrong.startswith("recorder/")]


@cache
def text_of(name):
    return "\n".join(line.split("//")[0].rstrip() for line in lines_of(name))


def members_with(types, text):
    """Struct and name of each member whose type mentions one of these."""
    owner = r"^(?P<deep> *)(?:struct|class) (?P<owner>\w+)[^;\n]*\{$"
    member = rf"^(?P<indent> +)(?:[\w:]+<)*(?:[\w:]+, )*(?:{'|'.join(types)})(?:, [\w:<>]+)*>*\s+(?P<names>\w[^;()]*);"
    owners = []
    for found in re.finditer(f"{owner}|{member}", text, re.M):
        depth = len(found["deep"] if found["owner"] else found["indent"])
        owners = [(deep, name) for deep, name in owners if deep < depth]
        if found["owner"]:
            owners.append((depth, found["owner"]))
        elif owners:
            for declared in re.sub(r"\{[^}]*\}|=[^,]*", "", found["names"]).split(","):
                yield owners[-1][1], declared.strip()


def test_what_is_remembered_of_times_moves_with_the_clock():
    texts = {name: text_of(name) for name in sources() if name.startswith("aggregator/")}
    each = r"void for_each_instant\((\w+)& m, F&& f\) \{\n(.*?)\n\}"
    moved = {owner: set(re.findall(r"m\.(\w+)", body)) for text in texts.values() for owner, body in re.findall(each, text, re.S)}
    stays = {member: False for members in STILL.values() for member in members}
    forgotten = []
    for name in filter(lambda name: name.endswith(".hpp"), texts):
        # What is private moves in functions of its class.
        unit = texts[name] + texts.get(name.replace(".hpp", ".cpp"), "")
        bodies = re.findall(r"(?:shift|adopt)_clock\([^;{}]*\{([^\n]*\}\n|.*?\n\})", unit, re.S)
        by_hand = set(re.findall(r"\w+", " ".join(bodies)))
        for owner, member in members_with(["NodeTime", "Timestamp", "Duration", *moved], texts[name]):
            reasons = {owner, f"{owner}.{member}"} & stays.keys()
            stays.update({reason: True for reason in reasons})
            if not reasons and member not in moved.get(owner, set()) | by_hand:
                forgotten.append(f"{name}: {owner}.{member}")
    assert not forgotten
    assert not [member for member, found in stays.items() if not found]


# What a recording leaves out of the structs that it holds, and why.
NOT_RECORDED = {
    "is nobody's business, and decides nothing": ["ServerConfig.headers", "ServerConfig.basic_auth", "ServerConfig.proxy"],
    "is in SavedStream": ["Stream.catching_up", "Stream.given", "Stream.tells_of_any_until"],
    "is in SavedTarget": ["View.seen"],
}


def test_no_member_is_forgotten_in_a_recording():
    each = r"template <Message<(\w+)> M, typename F>\nvoid for_each_field\(M&[ m]*, F&&[ f]*\) \{(.*?)\n?\}\n"
    fields = text_of("aggregator/recording/fields.hpp")
    state, inputs = fields.split("namespace stalewatch::aggregator::input {")
    state += text_of("aggregator/target/state.hpp")
    headers = ["common/config/sections/servers.hpp", "aggregator/saved.hpp", "aggregator/rows.hpp", "aggregator/target/state.hpp",
               "aggregator/probers/stream.hpp", "aggregator/probers/membership.hpp"]
    left_out = set(sum(NOT_RECORDED.values(), []))
    found = set()
    for names, recorded in ((headers, state), (["aggregator/input.hpp"], inputs)):
        listed = {owner: set(re.findall(r"m\.(\w+)", body)) for owner, body in re.findall(each, recorded, re.S)}
        for name in names:
            for owner, member in members_with([r"(?!return|using|static|friend|template|const\b)[\w:]+"], text_of(name)):
                if owner in listed:
                    found.add(f"{owner}.{member.split('{')[0]}")
                    assert f"{owner}.{member}" in left_out or member in listed[owner], f"{name}: {owner}.{member} is not recorded"
    assert left_out <= found
    assert len(found) > 120


def is_pure(by, include):
    header = include.strip('<>"')
    if include.startswith("<"):
        return header in COMPUTES or (by, header) in ALSO_PURE
    return header.removesuffix(".hpp") in PURE or allowed(header, sum(PLAIN.values(), []))


@pytest.mark.parametrize("unit", PURE)
def test_what_decides_touches_nothing(unit):
    files = [name for name in (unit + ".hpp", unit + ".cpp") if (ROOT / name).exists()]
    assert files, f"{unit} is called pure in docs/architecture.md, but does not exist"
    assert not [f"{by}: {include}" for name in files for by, include in sorted(reached_from(name)) if not is_pure(by, include)]


def test_what_is_let_pass_as_pure_is_needed():
    reached = set().union(*(reached_from(unit + end) for unit in PURE for end in (".hpp", ".cpp") if (ROOT / (unit + end)).exists()))
    headers = [include.strip('"') for _, include in reached]
    assert not [pattern for patterns in PLAIN.values() for pattern in patterns if not fnmatch.filter(headers, pattern)]
    assert not [pass_ for pass_ in ALSO_PURE if pass_ not in {(by, include.strip("<>")) for by, include in reached}]


def test_the_page_on_upgrading_names_the_schemas_of_this_version():
    def found(name, pattern):
        return re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.S)[1]

    journal = found("aggregator/journal/schema.cpp", r"steps = \{\n(.*?)\n\};")
    schemas = [len(re.findall(r"^    \{$", journal, re.M)),
               int(found("notifier/store_schema.hpp", r"store_version = (\d+);")),
               int(found("recorder/dialect.hpp", r"schema_version = (\d+);"))]
    rows = found("docs/upgrading.md", r"\| file \|[^\n]*\n[^\n]*\n(.*?)\n\n").splitlines()
    assert [int(row.split("|")[3]) for row in rows] == schemas
    wire = found("common/messages/wire.hpp", r"wire_version = (\d+);")
    assert found("docs/upgrading.md", r"\*\*The version in the header\*\* is (\d+)\.") == wire


def test_the_page_on_requirements_has_each_library_and_package():
    page = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    listed = [line.split() for line in (ROOT / "scripts/packages.list").read_text().splitlines() if not line.startswith("#")]
    needed = {words[1] for words in listed if words[0] != "ci"}
    assert not needed - set(re.findall(r"`([^`]+)`", page))
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    assert not {package for row in rows if len(row) > 5 for package in re.findall(r"`([^`/]+)`", row[3])} - needed
    cmake = (ROOT / "cmake/Dependencies.cmake").read_text()
    required = re.findall(r"(?:find_package\(|find_path\(\w+ |IMPORTED_TARGET )([\w-]+)", cmake)
    known = re.sub(r"[^a-z0-9|]", "", "|".join(sum(rows, [])).lower())
    assert len(required) > 20
    assert not [name for name in required if name != "Threads" and re.sub(r"-fe$|[^a-z0-9]", "", name.lower()) not in known]


def test_the_page_on_semantics_has_each_axis_and_kind():
    page = (ROOT / "docs/semantics.md").read_text(encoding="utf-8")
    inhibitors = {"nobody_watches": "everybody", "not_watched": "watch", "failing": "server"}
    axes = text_of("aggregator/target/axes.hpp")
    lists = {name: ", ".join(inhibitors[one] for one in re.findall(r"Inhibitor::(\w+)", body))
             for name, body in re.findall(r"std::array (by_\w+)\{(.*?)\};", axes, re.S)}
    row = (r'\.name = "(\w+)".*?\.opens = Kind::(\w+).*?\.reminds = (?:Kind::|std::)(\w+).*?\.closes = Kind::(\w+)'
           r".*?\.inhibited_by = (\w+|\{\})")
    coded = {name: [f"`{opens}`", f"`{reminds}`".replace("`nullopt`", ""), f"`{closes}`", lists.get(by, "nothing")]
             for name, opens, reminds, closes, by in re.findall(row, axes, re.S)}
    table = page.split("| axis |")[1].split("\n\n")[0].splitlines()[2:]
    told = {cells[1]: cells[2:6] for cells in ([cell.strip() for cell in line.split("|")] for line in table)}
    assert len(coded) == 5 and told == coded
    kinds = re.findall(r'\{"(\w+)", Role::', text_of("common/messages/names.cpp"))
    assert len(kinds) > 30 and not [kind for kind in kinds if f"`{kind}`" not in page]


def anchors_of(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_between_pages_lead_somewhere(page):
    wrong = []
    for path, _, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#([^)\s]*))?\)", (ROOT / page).read_text(encoding="utf-8")):
        target = (ROOT / page).parent / path if path else ROOT / page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            wrong.append(f"{path}#{anchor}")
    assert not wrong


def test_a_list_of_runtime_packages_is_whole_or_none():
    asked = subprocess.run(["scripts/runtime-packages", "/bin/true", "/nonexistent"], cwd=ROOT, capture_output=True, text=True)
    assert asked.returncode != 0 and not asked.stdout


@pytest.mark.parametrize("mutant", sorted((ROOT / "tests/chaos/mutants").glob("*.patch")), ids=lambda path: path.stem)
def test_mutants_fit_the_sources(mutant):
    subprocess.run(["git", "apply", "--check", str(mutant)], cwd=ROOT, check=True)


def test_a_member_is_described_on_one_line_or_above_it():
    """Where a comment beside a member is too long, the formatter tears that, or the member itself."""
    wrong = []
    for name in sources():
        for before, line in zip(["", *lines_of(name)], lines_of(name)):
            begun = before.split("//")[0].rstrip()
            torn = begun and not begun.endswith((";", "{", "}", ":", ",")) and not begun.lstrip().startswith("#")
            if re.match(r"\s+///< ", line) or ("///<" in line and torn):
                wrong.append(f"{name}: {line.strip()}")
    assert not wrong


def test_headers_are_included_once_and_open_no_namespaces():
    headers = [name for name in sources() if name.endswith(".hpp")]
    assert not [name for name in headers if "#pragma once" not in lines_of(name)]
    assert not [name for name in headers if any(line.startswith("using namespace") for line in lines_of(name))]


def test_files_stay_small_enough_to_be_read():
    assert not [f"{name}: {len(lines_of(name))} lines" for name in sources() if len(lines_of(name)) > 400]
    mains = [f"{process}/main.cpp" for process in PROCESSES]
    assert not [f"{name}: {len(lines_of(name))} lines" for name in mains if len(lines_of(name)) > 45]
