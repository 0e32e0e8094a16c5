#include "common/config/json_path.hpp"

#include "common/config/target_spec.hpp"
#include "tests/catch.hpp"

namespace stalewatch {
namespace {

TEST_CASE("a path in another tool's spelling is read where it means one value", "[json_path]") {
  struct Row {
    const char *written, *plain;
  };
  const Row rows[] = {
      // our own
      {"computed_time", "computed_time"},
      {"data.lastTime", "data.lastTime"},
      {"items.-1.mtime", "items.-1.mtime"},
      {"last update.on host", "last update.on host"},
      {"a*b", "a*b"},
      {"$schema", "$schema"},
      {"/items/0/mtime", "/items/0/mtime"},
      {"/items[1]/*", "/items[1]/*"},
      {"/", "/"},
      // JSONPath
      {"$.items[1].mtime", "items.1.mtime"},
      {"items[1].mtime", "items.1.mtime"},
      {"$.items.1.mtime", "items.1.mtime"},
      {"$.items[-1].mtime", "items.-1.mtime"},
      {"$[0]", "0"},
      {"$[0][1]", "0.1"},
      {"$['items'][1][\"mtime\"]", "items.1.mtime"},
      {"$['a.b'].c", "/a.b/c"},
      {"$['a/b~c']", "/a~1b~0c"},
      {"$['']", "/"},
      {"$['it\\'s']", "it's"},
      {"$['a]b']", "a]b"},
      {"$", ""},
      // jq
      {".items[1].mtime", "items.1.mtime"},
      {".items.[1].mtime", "items.1.mtime"},
      {".[0].mtime", "0.mtime"},
      {".[\"a.b\"]", "/a.b"},
      {".\"a.b\".c", "/a.b/c"},
      {".computed_time", "computed_time"},
      {".", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.written);
    const auto path = plain_json_path(row.written);
    REQUIRE(path);
    CHECK(*path == row.plain);
  }
}

TEST_CASE("a path that means none or several values is refused", "[json_path]") {
  struct Row {
    const char *written, *why;
  };
  const Row rows[] = {
      {"items.*.mtime", "stands for several values"},
      {"*", "stands for several values"},
      {"$.*", "stands for several values"},
      {"$.items[*].mtime", "stands for several values"},
      {".items[].mtime", "stands for several values"},
      {"$.items[0:2]", "stands for several values"},
      {"$.items[0,1]", "stands for several values"},
      {"$['a','b']", "stands for several values"},
      {"$.items[?(@.ok)].mtime", "stands for several values"},
      {"$..mtime", "has an empty part"},
      {"data..lastTime", "has an empty part"},
      {"data.", "has an empty part"},
      {"$.", "has an empty part"},
      {"..", "has an empty part"},
      {"[BODY].items[1].mtime", "has brackets around what is neither"},
      {"$.items[(@.length-1)]", "has brackets around what is neither"},
      {"items[last]", "has brackets around what is neither"},
      {"items[01]", "has brackets around what is neither"},
      {"items[-0]", "has brackets around what is neither"},
      {"items[-]", "has brackets around what is neither"},
      {"items[1", "has a bracket or a quote that is not closed"},
      {"$['a", "has a bracket or a quote that is not closed"},
      {"$['a'", "has a bracket or a quote that is not closed"},
      {".\"a", "has a bracket or a quote that is not closed"},
      {".items | last", "has a part that is no plain key"},
      {".items[1]mtime", "has a part that is no plain key"},
      {"$.items.length()", "has a part that is no plain key"},
      {".mtime?", "has a part that is no plain key"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.written);
    const auto path = plain_json_path(row.written);
    REQUIRE_FALSE(path);
    CHECK(path.error().starts_with(row.why));
    CHECK(path.error().find("; write ") != std::string::npos);
  }
}

TEST_CASE("a prober is told the plain path", "[json_path]") {
  ServerConfig server;
  server.time_field = "$.items[-1]['a.b']";
  CHECK(target_spec(1, server).time_field == "/items/-1/a.b");
}

}  // namespace
}  // namespace stalewatch
