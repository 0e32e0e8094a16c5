"""Which mistakes scripts/mutate makes, and where it makes none."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "mutate"


def load():
    loader = importlib.machinery.SourceFileLoader("mutate", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutate", loader))
    sys.modules["mutate"] = module
    loader.exec_module(module)
    return module


mutate = load()


def becomes(source):
    return [mutant.applied(source) for mutant in mutate.mutants_of("some.cpp", source)]


def test_an_operator_a_constant_and_a_name_become_others():
    assert becomes("return a < b;") == ["return a <= b;", "return a >= b;"]
    assert becomes("return a == b && !c;") == ["return a != b && !c;", "return a == b || !c;", "return a == b && c;"]
    assert becomes("return true;") == ["return false;"]
    assert becomes("return std::max(a, b);") == ["return std::min(a, b);"]
    assert becomes("return 1'000u;") == ["return 1001u;", "return 999u;"]
    assert becomes("return 0;") == ["return 1;"]
    assert becomes("int x = a - -b;") == ["int x = a + -b;"]


def test_a_condition_is_negated_and_fixed():
    assert becomes("if (on) return x;") == ["if (!(on)) return x;", "if (false) return x;", "if (true) return x;"]
    assert becomes("if (auto x = f(); x) return x;")[0] == "if (auto x = f(); !(x)) return x;"
    assert not becomes("if (const auto x = f()) return x;")  # no name would be left for it


def test_a_statement_is_left_out_unless_something_needs_it():
    assert becomes("{ x.count = y; }") == ["{ ; }"]
    assert becomes("{ f(x); ++y; }") == ["{ ; ++y; }", "{ f(x); --y; }", "{ f(x); ; }"]
    assert becomes("else f({.a = b, .c = d});") == ["else ;"]
    assert becomes("{ continue; }") == ["{ ; }"]
    for needed in ("{ auto x = f(y); }", "{ std::vector<int> x(y); }", "{ Event& e = f(); }", "{ return f(x); }",
                   "using std::swap;", "Core(const Core&) = delete;"):
        assert not becomes(needed)


def test_comments_texts_directives_types_and_assertions_are_left_alone():
    for alone in ("// a < b, true, 1", "/* a\n < b */", 'return "a < b \\" true 1";', 'return R"(a < b " 1)";',
                  "#include <map>", "#if A == 1 && B", "std::vector<int> f(T&& x, T* y);", "template <typename T>",
                  "{ assert(a < b); }", "static_assert(sizeof(int) == 4);", "return 'a';", "return 1.5;"):
        assert not becomes(alone)
    assert becomes("f(1, // 2\n \"3\");")[0] == "f(0, // 2\n \"3\");"


def test_a_mutant_says_its_line():
    mutants = mutate.mutants_of("some.cpp", "// a < b\nif (x)\n  y = z;\n")
    assert [(m.line, m.what) for m in mutants][-1] == (3, "statement left out")


def test_only_what_is_called_pure_is_changed():
    files = mutate.pure_files("aggregator/*")
    assert "aggregator/chain.cpp" in files and "aggregator/app.cpp" not in files
    assert mutate.test_programs("common") == ["common_tests", "config_tests"]
