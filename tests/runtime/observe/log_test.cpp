#include "runtime/observe/log.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "stoa/settings.hpp"

using namespace stoa;
using namespace stoa::runtime;

namespace {

std::string tail(const std::string& line) { return line.substr(line.find("\"level\"")); }

}  // namespace

TEST_CASE("a log line is one JSON object", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::info, log_style::json}, &out);
  log->info("started", {{"port", 8080}, {"host", "0.0.0.0"}, {"tls", false}});
  CHECK(out.str().starts_with("{\"time\":\"20"));
  CHECK(tail(out.str()) ==
        "\"level\":\"info\",\"message\":\"started\",\"port\":\"8080\",\"host\":\"0.0.0.0\",\"tls\":\"false\"}\n");
}

TEST_CASE("nothing breaks out of a JSON line", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::info, log_style::json}, &out);
  log->warn("a\"b\\c\nd\re\tf\x01g{}%v", {{"k\"ey", std::string("ü\0\x7F", 4)}, {"bad", "x\xFFy\xC3"}});
  CHECK(tail(out.str()) ==
        "\"level\":\"warn\",\"message\":\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g{}%v\",\"k\\\"ey\":\"ü\\u0000\\u007f\","
        "\"bad\":\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"}\n");
  CHECK(std::ranges::count(out.str(), '\n') == 1);
}

TEST_CASE("fields cannot pose as the line's own members", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::info, log_style::json}, &out);
  log->info("m", {{"level", "error"}, {"message", "x"}});
  CHECK(tail(out.str()) == "\"level\":\"info\",\"message\":\"m\",\"level_\":\"error\",\"message_\":\"x\"}\n");
}

TEST_CASE("children add their bindings", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::info, log_style::json}, &out);
  std::shared_ptr<bound_logger> grandchild;
  {
    auto child = log->with("plugin", "payments");
    grandchild = child->with("request_id", "r-1");
  }
  grandchild->info("m", {{"x", 1}});
  CHECK(tail(out.str()) ==
        "\"level\":\"info\",\"message\":\"m\",\"plugin\":\"payments\",\"request_id\":\"r-1\",\"x\":\"1\"}\n");
  out.str("");
  grandchild->info("m", {{"request_id", "r-2"}});
  CHECK(tail(out.str()) == "\"level\":\"info\",\"message\":\"m\",\"plugin\":\"payments\",\"request_id\":\"r-2\"}\n");
  out.str("");
  grandchild->with("plugin", "mail")->info("m");
  CHECK(tail(out.str()) == "\"level\":\"info\",\"message\":\"m\",\"plugin\":\"mail\",\"request_id\":\"r-1\"}\n");
  out.str("");
  log->info("m");
  CHECK(tail(out.str()) == "\"level\":\"info\",\"message\":\"m\"}\n");
}

TEST_CASE("levels", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::warn, log_style::json}, &out);
  auto child = log->with("a", "b");
  logger& base = *child;
  base.debug("no");
  base.info("no");
  child->write(log_level::info, "no", {{"x", 1}});
  CHECK(out.str().empty());
  CHECK_FALSE(base.enabled(log_level::info));
  CHECK(base.enabled(log_level::error));
  log->set_level(log_level::debug);
  base.debug("yes");
  CHECK(tail(out.str()) == "\"level\":\"debug\",\"message\":\"yes\",\"a\":\"b\"}\n");
}

TEST_CASE("text is for people", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::debug, log_style::text}, &out);
  log->with("id", "7")->error("it broke\nbadly", {{"why", "no such thing"}, {"n", 3}, {"empty", ""}});
  CHECK(out.str().find("error") != std::string::npos);
  CHECK(out.str().find(" it broke\\nbadly id=7 why=\"no such thing\" n=3 empty=\"\"\n") != std::string::npos);
}

TEST_CASE("automatic is JSON where there is no terminal", "[log]") {
  std::ostringstream out;
  make_logger({}, &out)->info("m");
  CHECK(out.str().front() == '{');
}

TEST_CASE("threads do not mix their lines", "[log]") {
  std::ostringstream out;
  auto log = make_logger({log_level::info, log_style::json}, &out);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto child = log->with("thread", std::to_string(t));
      for (int i = 0; i < 500; ++i) child->info("m", {{"i", i}});
    });
  for (auto& t : threads) t.join();
  std::istringstream in{out.str()};
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    REQUIRE(line.front() == '{');
    REQUIRE(line.back() == '}');
    REQUIRE(std::ranges::count(line, '{') == 1);
  }
  CHECK(lines == 2000);
}

TEST_CASE("names of levels and formats", "[log]") {
  CHECK(parse_log_level("debug") == log_level::debug);
  CHECK(parse_log_level("warning") == log_level::warn);
  CHECK_THROWS_AS(parse_log_level("loud"), settings_error);
  CHECK(parse_log_style("auto") == log_style::automatic);
  CHECK(parse_log_style("json") == log_style::json);
  CHECK_THROWS_AS(parse_log_style("xml"), settings_error);
}
