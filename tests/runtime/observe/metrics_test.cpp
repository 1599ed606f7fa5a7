#include "runtime/observe/metrics.hpp"

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

using namespace stoa;
using namespace stoa::runtime;

namespace {

bool has_line(const std::string& text, const std::string& wanted) {
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    if (line == wanted) return true;
  return false;
}

}  // namespace

TEST_CASE("series appear in the text format", "[metrics]") {
  metrics_registry m;
  m.count("stoa_requests_total", "Requests answered.", {{"status", "200"}, {"dialect", "lms"}}).add();
  m.count("stoa_requests_total", "Requests answered.", {{"status", "404"}, {"dialect", "lms"}}).add(2);
  auto& g = m.level("stoa_in_flight", "Requests in flight.");
  g.set(5);
  g.add(-2);
  m.distribution("stoa_seconds", "Time taken.", {}, {0.1, 1}).observe(0.5);
  const auto text = m.render();
  CHECK(has_line(text, "# HELP stoa_requests_total Requests answered."));
  CHECK(has_line(text, "# TYPE stoa_requests_total counter"));
  CHECK(has_line(text, "stoa_requests_total{dialect=\"lms\",status=\"200\"} 1"));
  CHECK(has_line(text, "stoa_requests_total{dialect=\"lms\",status=\"404\"} 2"));
  CHECK(has_line(text, "stoa_in_flight 3"));
  CHECK(has_line(text, "stoa_seconds_count 1"));
  CHECK(has_line(text, "stoa_seconds_sum 0.5"));
  CHECK(has_line(text, "stoa_seconds_bucket{le=\"0.1\"} 0"));
  CHECK(has_line(text, "stoa_seconds_bucket{le=\"1\"} 1"));
  CHECK(has_line(text, "stoa_seconds_bucket{le=\"+Inf\"} 1"));
}

TEST_CASE("the same name and labels are the same series", "[metrics]") {
  metrics_registry m;
  CHECK(&m.count("a_total", "A.", {{"x", "1"}}) == &m.count("a_total", "Other words.", {{"x", "1"}}));
  CHECK(&m.count("a_total", "A.", {{"x", "1"}}) != &m.count("a_total", "A.", {{"x", "2"}}));
  CHECK(&m.level("b", "B.") == &m.level("b", "B."));
  CHECK(&m.distribution("c", "C.") == &m.distribution("c", "C.", {}, {1, 2}));
}

TEST_CASE("HELP is never empty", "[metrics]") {
  metrics_registry m;
  m.level("stoa_bare", "").set(1);
  CHECK(has_line(m.render(), "# HELP stoa_bare stoa_bare"));
}

TEST_CASE("what Prometheus does not allow is refused", "[metrics]") {
  metrics_registry m;
  m.count("a_total", "A.");
  CHECK_THROWS_AS(m.level("a_total", "A."), std::invalid_argument);
  CHECK_THROWS_AS(m.count("bad name", "A."), std::invalid_argument);
  CHECK_THROWS_AS(m.count("b_total", "A.", {{"__reserved", "x"}}), std::invalid_argument);
  CHECK_THROWS_AS(m.distribution("c", "C.", {}, {2, 1}), std::invalid_argument);
  CHECK_NOTHROW(m.render());
}

TEST_CASE("label values are escaped", "[metrics]") {
  metrics_registry m;
  m.count("a_total", "A.", {{"x", "a\"b\\c\nd"}}).add();
  CHECK(has_line(m.render(), "a_total{x=\"a\\\"b\\\\c\\nd\"} 1"));
}

TEST_CASE("threads count without losing any", "[metrics]") {
  metrics_registry m;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        m.count("n_total", "N.", {{"t", std::to_string(t % 2)}}).add();
        m.distribution("d", "D.").observe(0.01);
      }
    });
  for (int i = 0; i < 20; ++i) (void)m.render();
  for (auto& t : threads) t.join();
  const auto text = m.render();
  CHECK(has_line(text, "n_total{t=\"0\"} 10000"));
  CHECK(has_line(text, "n_total{t=\"1\"} 10000"));
  CHECK(has_line(text, "d_count 20000"));
}
