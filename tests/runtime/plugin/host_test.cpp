#include "runtime/plugin/host.hpp"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <iterator>
#include <set>

#include "runtime/plugin/steps.hpp"
#include "stoa/areas.hpp"
#include "stoa/crypto.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/sample/greeter.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa_plugin::sample::sample_greeter;
namespace runtime = stoa::runtime;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

struct no_jobs final : runtime::job_workers {
  void add(job_worker, runtime::workplace) override {}
  void kick() noexcept override {}
  bool remove(const std::string&, milliseconds) override { return true; }
};

/// Hosts nothing, and notes who was told to rest.
struct no_entities final : runtime::entity_hosting {
  std::shared_ptr<hosted_entities> host(const std::string&, const hosted_kind_type&, std::shared_ptr<database>,
                                        std::shared_ptr<logger>, std::shared_ptr<runtime::stall_watch>) override {
    throw std::logic_error("this test has no entities");
  }
  void rest(const std::string& plugin) override { resting.insert(plugin); }
  void resume(const std::string& plugin) override { resting.erase(plugin); }
  std::set<std::string> resting;
};

/// Lines of all loggers, and what the host did with subscriptions.
struct recorder final : runtime::subscriptions {
  void add(awaiting_subscription s, runtime::workplace) override { note("add " + s.what.name); }
  void watch(observer o, runtime::workplace) override { note("watch " + o.name); }
  bool forget(const std::string& name, milliseconds) override {
    note("forget " + name);
    return true;
  }
  bool pause(const std::string& name, milliseconds) override {
    note("pause " + name);
    return true;
  }
  void resume(const std::string& name) override { note("resume " + name); }
  bool placed(const std::string& name, milliseconds) override {
    note("placed " + name);
    return true;
  }
  void note(const std::string& what) {
    const std::lock_guard lock{mutex};
    seen.push_back(what);
  }
  bool has(const std::string& what) {
    const std::lock_guard lock{mutex};
    return std::find(seen.begin(), seen.end(), what) != seen.end();
  }
  std::mutex mutex;
  std::vector<std::string> seen;
};

/// Counts what the sample plugin counts.
struct tick_metrics final : metrics {
  struct cell final : counter, gauge, histogram {
    operator double() const { return value; }
    void add(double by) override { value = value + by; }
    void set(double to) override { value = to; }
    void observe(double) override {}
    std::atomic<double> value{0};
  };
  counter& count(const std::string& name, const std::string&, const metric_labels&) override {
    return name == "plugin_sample_ticks" ? ticks : failures;
  }
  gauge& level(const std::string& name, const std::string&, const metric_labels& labels) override {
    std::string key = name;
    for (const auto& [label, value] : labels) key += "|" + label + "=" + value;
    const std::lock_guard lock{mutex};
    return levels[key];
  }
  histogram& distribution(const std::string&, const std::string&, const metric_labels&,
                          const std::vector<double>&) override {
    return other;
  }
  cell ticks, failures, other;
  std::mutex mutex;
  std::map<std::string, cell> levels;
};

/// Nothing here computes.
struct no_offload final : offload {
  void submit(std::function<void()>, deadline, std::function<void(result<done>)> told) override {
    told(fault::unavailable("This test has none."));
  }
};

/// A folder of plugins, and a host to load it.
class bench {
 public:
  bench() {
    char name[] = "/tmp/stoa-plugins-XXXXXX";
    if (!::mkdtemp(name)) throw std::runtime_error("no temporary directory");
    dir = name;
    options.dir = dir;
    options.dialects = {{dialect("learnflow"), "/learnflow/api/v1"}};
    options.threads = 0;  // answers come before `call` returns
  }
  ~bench() {
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }

  /// Installs the fixture as plugin `sample`; `changes` replaces keys of its manifest.
  void install(const std::string& fixture, const std::map<std::string, std::string>& changes = {},
               const std::string& as = "sample") {
    const fs::path target = dir / as;
    fs::create_directories(target / "migrations");
    fs::copy_file(fs::path(STOA_SAMPLE_DIR) / ("libstoa_sample_" + fixture + ".so"), target / "libstoa_sample.so",
                  fs::copy_options::overwrite_existing);
    install_manifest(changes, as);
  }

  /// The manifest of what lies there.
  void install_manifest(const std::map<std::string, std::string>& changes = {}, const std::string& as = "sample") {
    const fs::path target = dir / as;
    std::ifstream in(target / "libstoa_sample.so", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::map<std::string, std::string> keys{{"id", "sample"},
                                            {"name", "Sample"},
                                            {"version", "1.2.0"},
                                            {"sdk", ">=1.0 <2"},
                                            {"license", "Apache-2.0"},
                                            {"library", "libstoa_sample.so"},
                                            {"sha256", hex(sha256(bytes))},
                                            {"fingerprint", STOA_SDK_FINGERPRINT},
                                            {"compiler", STOA_SDK_COMPILER}};
    for (const auto& [key, text] : changes) keys[key] = text;
    std::ofstream out(target / "plugin.toml");
    out << "required = " << (required ? "true" : "false") << "\n";
    for (const auto& [key, text] : keys)
      if (text.starts_with("[") || text.starts_with("#"))
        out << key << " = " << text << "\n";
      else
        out << key << " = \"" << text << "\"\n";
  }

  runtime::runtime_plugin_host& host() {
    if (!host_) {
      runtime::plugin_services s{
          [this](const std::string&) { return log; },
          meters,
          db,
          http,
          computing,
          time,
          areas,
          events,
          jobs,
          entities,
          [](std::function<void()> f) { f(); },
          [this](const std::string& id, const fs::path& folder) {
            if (fail_migration) throw std::runtime_error("migration 0001 failed");
            events.note("migrate " + id + " " + folder.filename().string());
            return std::string();
          },
          [] { return std::string("http://127.0.0.1:8000"); },
          {},
          look_at,
          [this] { return masters; },
      };
      host_ = std::make_unique<runtime::runtime_plugin_host>(std::move(s), options);
    }
    return *host_;
  }

  /// The error that loading ends with.
  std::string refusal() {
    try {
      host().load();
      host().start();
    } catch (const runtime::plugin_error& e) {
      return e.what();
    }
    return "";
  }

  result<reply> call(const std::string& pattern) {
    for (const auto& r : host().routes(dialect("learnflow"))) {
      if (r.pattern != pattern) continue;
      const request q;
      std::optional<result<reply>> out;
      detach<reply>(r.run(q), [&](result<reply> got) { out.emplace(std::move(got)); });
      return std::move(out).value();
    }
    throw std::runtime_error("no route " + pattern);
  }

  fs::path dir;
  bool required = true;  ///< what is installed from now on; a server without it is refused
  runtime::plugin_options options;
  std::shared_ptr<memory_log> log = std::make_shared<memory_log>();
  tick_metrics meters;
  no_database db;
  no_http http;
  no_offload computing;
  manual_clock time{timestamp{days{20'000}}};
  registry areas;
  recorder events;
  no_jobs jobs;
  no_entities entities;
  bool fail_migration = false;
  std::function<void(const std::string&, const std::vector<statement>&)> look_at;
  std::vector<std::string> masters{"the server's key"};

 private:
  std::unique_ptr<runtime::runtime_plugin_host> host_;  // last: goes first
};

}  // namespace

TEST_CASE("a good plugin lives through its whole life", "[plugin]") {
  bench b;
  b.install("good");
  CHECK(b.refusal() == "");
  CHECK(b.host().list().at(0).state == runtime::plugin_state::started);
  CHECK(b.events.has("migrate sample migrations"));
  CHECK(b.events.has("add sample.listener"));
  CHECK(b.call("/sample/ping/").value().body_text() == R"({"says":"hello","instance":1})");
  CHECK(eventually([&] { return b.meters.ticks.value > 2; }));
  b.host().stop();
  CHECK(b.events.has("pause sample.listener"));
  CHECK_THAT(b.log->all(), Contains("drained\nstopped\n"));
  const auto off = b.call("/sample/ping/");
  REQUIRE(!off);
  CHECK(off.refusal().kind == fault_kind::unavailable);
  CHECK(off.refusal().retry_after);
}

TEST_CASE("settings reach the plugin", "[plugin]") {
  bench b;
  b.install("good");
  b.options.sections["sample"] = {{"greeting", std::string("salve"), false, "stoa.toml:3"}};
  CHECK(b.refusal() == "");
  CHECK_THAT(b.call("/sample/ping/").value().body_text(), Contains("salve"));
}

TEST_CASE("what does not fit refuses the start and says why", "[plugin]") {
  bench b;
  const auto file = (b.dir / "sample" / "libstoa_sample.so").string();
  SECTION("another fingerprint") {
    b.install("good", {{"fingerprint", "0123"}});
    CHECK(b.refusal() == "plugin sample 1.2.0 (" + file +
                             "): verify: expected fingerprint " STOA_SDK_FINGERPRINT
                             ", found 0123. Build it again against this server's SDK with stoa_add_plugin.");
  }
  SECTION("another compiler") {
    b.install("good", {{"compiler", "Clang 99"}, {"fingerprint", "0123"}});
    CHECK_THAT(b.refusal(),
               Contains("verify: expected fingerprint") && Contains("(GNU") && Contains("found 0123 (Clang 99)"));
  }
  SECTION("an SDK of another time") {
    b.install("good", {{"sdk", ">=2.0"}});
    CHECK_THAT(b.refusal(), Contains("verify: expected a plugin for SDK 1.0, found one for SDK >=2.0"));
  }
  SECTION("a changed library") {
    b.install("good");
    std::ofstream(file, std::ios::app) << "x";
    CHECK_THAT(b.refusal(),
               Contains("verify: expected a library with sha256 ") && Contains("install the plugin again"));
  }
  SECTION("a library that was cut off, with the hash of what is left") {
    const double left = GENERATE(0.0, 0.001, 0.2, 0.5, 0.9, 0.9999);
    b.install("good");
    fs::resize_file(file, static_cast<std::uintmax_t>(static_cast<double>(fs::file_size(file)) * left));
    b.install_manifest();
    CHECK_THAT(b.refusal(), Contains("verify: expected a ") && Contains("Install the plugin again"));
  }
  SECTION("the same headers, other flags") {
    b.install("debug");
    CHECK_THAT(b.refusal(), Contains("verify: expected a library built as this server is: ") &&
                                Contains("_GLIBCXX_DEBUG: off, found on. Build it again with this server's compiler"));
  }
  SECTION("no library") {
    b.install("good");
    fs::remove(file);
    CHECK_THAT(b.refusal(), Contains("verify: expected the library libstoa_sample.so beside plugin.toml, found none"));
  }
  SECTION("no entry") {
    b.install("no_entry");
    CHECK_THAT(b.refusal(), Contains("open: expected the function stoa_plugin_entry, found none"));
  }
  SECTION("a symbol that is nowhere") {
    b.install("undefined");
    CHECK_THAT(b.refusal(), Contains("open: ") && Contains("undefined symbol") && Contains("nobody_wrote_this"));
  }
  SECTION("an entry that says otherwise") {
    b.install("foreign");
    CHECK_THAT(b.refusal(), Contains("open: expected the library's fingerprint to be " STOA_SDK_FINGERPRINT) &&
                                Contains("found foreign"));
  }
  SECTION("another version than the manifest's") {
    b.install("good", {{"version", "9.0.0"}});
    CHECK_THAT(b.refusal(),
               Contains("open: expected the library's version to be 9.0.0 as in plugin.toml, found 1.2.0"));
  }
  SECTION("a setting nobody knows") {
    b.install("good");
    b.options.sections["sample"] = {{"greting", std::string("salve"), false, "stoa.toml:3"}};
    CHECK_THAT(b.refusal(), Contains("configure: stoa.toml:3: [plugins.sample] greting") && Contains("greeting"));
  }
  SECTION("a setting of the wrong type") {
    b.install("good");
    b.options.sections["sample"] = {{"greeting", std::int64_t{3}, false, "stoa.toml:3"}};
    CHECK_THAT(b.refusal(), Contains("configure: stoa.toml:3: [plugins.sample] greeting: expected"));
  }
  SECTION("a plugin that refuses its settings") {
    b.install("good");
    const std::string step = GENERATE("configure", "wire", "start");
    b.options.sections["sample"] = {{"refuse_at", step, false, "stoa.toml:3"}};
    CHECK_THAT(b.refusal(), Contains(step + ": asked to refuse at " + step));
  }
  SECTION("a migration that fails") {
    b.install("good");
    b.fail_migration = true;
    CHECK_THAT(b.refusal(), Contains("migrate: migration 0001 failed"));
  }
  SECTION("a requirement that is not there") {
    b.install("good", {{"requires", "[\"other\"]"}});
    CHECK_THAT(b.refusal(), Contains("verify: expected the plugin other, which it requires"));
  }
  SECTION("an area that this server does not have") {
    b.install("good", {{"needs", "[\"teleport/1\"]"}});
    CHECK_THAT(b.refusal(), Contains("verify: expected needs to name areas of this server (") && Contains("orders") &&
                                Contains("found \"teleport/1\""));
  }
  SECTION("another version of an area") {
    b.install("good", {{"needs", "[\"orders/99\"]"}});
    CHECK_THAT(b.refusal(), Contains("verify: expected a plugin for the area orders/1, found one for orders/99"));
  }
  SECTION("an area whose header was another one") {
    b.install("good", {{"needs", "[\"orders/1\"]"}, {"areas.orders", std::string(64, 'a')}});
    CHECK_THAT(b.refusal(), Contains("verify: expected area orders/1 with hash ") &&
                                Contains("found " + std::string(64, 'a') + ". Build it again"));
  }
  SECTION("needs that are none") {
    b.install("good", {{"needs", "[\"orders\"]"}});
    CHECK_THAT(b.refusal(), Contains("discover: needs: expected a list of areas with their versions"));
  }
  SECTION("a circle") {
    b.install("good", {{"requires", "[\"sample\"]"}});
    CHECK_THAT(b.refusal(), Contains("circle"));
  }
  SECTION("the same id twice") {
    b.install("good");
    b.install("good", {}, "sample2");
    CHECK_THAT(b.refusal(), Contains("discover: expected one plugin of this id"));
  }
  SECTION("a manifest that is none") {
    b.install("good");
    std::ofstream(b.dir / "sample" / "plugin.toml") << "id = \n";
    CHECK_THAT(b.refusal(), Contains("plugin.toml: discover: expected TOML, found in line 1"));
  }
  SECTION("a manifest without id") {
    b.install("good");
    std::ofstream(b.dir / "sample" / "plugin.toml") << "name = \"x\"\n";
    CHECK_THAT(b.refusal(), Contains("discover: expected a key id, found none"));
  }
  SECTION("a manifest with a library elsewhere") {
    b.install("good", {{"library", "../x.so"}});
    CHECK_THAT(b.refusal(), Contains("discover: library: expected a text such as"));
  }
  SECTION("no manifest") {
    fs::create_directories(b.dir / "sample");
    CHECK_THAT(b.refusal(), Contains("discover: expected a file plugin.toml, found none"));
  }
}

TEST_CASE("a plugin that is disabled in the settings is not even opened", "[plugin]") {
  bench b;
  b.install("undefined");
  b.options.disabled = {"sample"};
  CHECK(b.refusal() == "");
  CHECK(b.host().list().at(0).state == runtime::plugin_state::disabled);
  CHECK(b.host().routes(dialect("learnflow")).empty());
  CHECK(runtime::list_plugins(b.options).at(0).state == runtime::plugin_state::disabled);
}

TEST_CASE("a plugin gets the areas that its manifest needs, and no others", "[plugin]") {
  bench b;
  b.options.sections["sample"] = {{"use_people", "yes", false, "stoa.toml:3"}};
  std::map<std::string, std::string> needing{{"needs", "[\"people/1\"]"}};
  for (const auto& a : sdk_areas)
    if (std::string(a.name) == "people") needing["areas.people"] = a.hash;
  fake_people people;
  SECTION("needed and offered") {
    b.areas.offer<stoa::people>(people);
    b.install("good", needing);
    CHECK(b.refusal() == "");
  }
  SECTION("not needed") {
    b.areas.offer<stoa::people>(people);
    b.install("good");
    CHECK_THAT(b.refusal(), Contains("wire: sample uses people/1, which is not among the `needs` of its plugin.toml"));
  }
  SECTION("not offered") {
    b.install("good", needing);
    CHECK_THAT(b.refusal(), Contains("wire: nobody offers people/1/people"));
  }
}

TEST_CASE("what a plugin offers is there while it is in service", "[plugin]") {
  bench b;
  b.install("good");
  CHECK(b.areas.find<sample_greeter>() == nullptr);
  CHECK(b.refusal() == "");
  const auto first = b.areas.find<sample_greeter>();
  REQUIRE(first);
  CHECK(first->greeting() == "hello");
  CHECK(b.host().disable("sample"));
  CHECK(b.areas.find<sample_greeter>() == nullptr);
  CHECK(first->greeting() == "hello");
  CHECK(b.host().enable("sample"));
  CHECK(b.areas.find<sample_greeter>() != nullptr);
}

TEST_CASE("a throwing handler costs one 500, too many open the breaker of its route alone", "[plugin]") {
  bench b;
  b.install("good");
  b.options.failures = 4;
  CHECK(b.refusal() == "");
  const std::string which = GENERATE("/sample/boom/", "/sample/later/");
  for (int i = 0; i < 3; ++i) {
    const auto r = b.call(which);
    REQUIRE(!r);
    CHECK(r.refusal().kind == fault_kind::internal);
    CHECK(b.call("/sample/ping/"));
  }
  SECTION("within the window") {
    CHECK(b.call(which).refusal().kind == fault_kind::internal);
    const auto r = b.call(which);
    REQUIRE(!r);
    CHECK(r.refusal().code == "PLUGIN_UNAVAILABLE");
    CHECK(r.refusal().kind == fault_kind::unavailable);
    CHECK(r.refusal().retry_after == seconds{30});
    CHECK(b.call("/sample/ping/"));
    CHECK(b.host().list().at(0).state == runtime::plugin_state::started);
    CHECK(!b.events.has("pause sample.listener"));
    b.time.advance(seconds{31});
    CHECK(b.call(which).refusal().kind == fault_kind::internal);
    CHECK(b.call(which).refusal().kind == fault_kind::unavailable);
    CHECK(b.host().disable("sample"));
    CHECK(b.host().enable("sample"));
    CHECK(b.call(which).refusal().kind == fault_kind::internal);
  }
  SECTION("spread over more time") {
    b.time.advance(minutes{2});
    CHECK(b.call(which).refusal().kind == fault_kind::internal);
    CHECK(b.call(which).refusal().kind == fault_kind::internal);
    CHECK(b.call("/sample/ping/"));
  }
}

TEST_CASE("a plugin is taken out and put back while the server runs", "[plugin]") {
  bench b;
  b.install("good");
  CHECK(b.refusal() == "");
  const auto before = b.call("/sample/ping/").value().body_text();
  CHECK(b.host().disable("sample"));
  CHECK(!b.host().disable("sample"));
  CHECK(b.call("/sample/ping/").refusal().code == "PLUGIN_UNAVAILABLE");
  CHECK(b.events.has("pause sample.listener"));
  CHECK(b.host().enable("sample"));
  CHECK(b.call("/sample/ping/").value().body_text() != before);
  CHECK(b.events.has("resume sample.listener"));
  CHECK(!b.host().disable("nobody"));
}

TEST_CASE("a plugin is not stopped while it writes a stream", "[plugin]") {
  /// Takes one piece and answers when the test says so.
  struct held_writer final : stream_writer {
    std::string text;
    std::function<void(result<done>)> told;
    task<done> write(std::string bytes) override {
      text = std::move(bytes);
      callback_awaiter<done> taken{[this](std::function<void(result<done>)> c) { told = std::move(c); }};
      co_return co_await taken;
    }
    bool open() const noexcept override { return true; }
    void when_ended(std::function<void()>) override {}
  };
  bench b;
  b.install("good");
  b.options.failures = 1;
  CHECK(b.refusal() == "");
  auto answer = b.call("/sample/stream/");
  REQUIRE(answer);
  REQUIRE(answer.value().stream);
  const auto to = std::make_shared<held_writer>();
  std::optional<result<done>> ended;
  detach<done>(answer.value().stream->produce(to), [&](result<done> r) { ended.emplace(std::move(r)); });
  answer.value().stream.reset();
  CHECK(to->text.starts_with("number "));
  SECTION("stopping waits for it") {
    auto stopping = std::async(std::launch::async, [&] { return b.host().disable("sample"); });
    CHECK(eventually([&] { return b.log->all().find("drained") != std::string::npos; }));
    CHECK(stopping.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
    to->told(done{});
    CHECK(stopping.get());
    REQUIRE(ended);
    CHECK(ended->ok());
    CHECK(b.log->all().find("still works") == std::string::npos);
  }
  SECTION("a reader who leaves is no failure of the plugin's") {
    to->told(stream_ended());
    REQUIRE(ended);
    CHECK(ended->refusal().code == "STREAM_ENDED");
    CHECK(b.call("/sample/ping/"));
  }
  SECTION("a failure in it is") {
    to->told(fault{fault_kind::internal, "INTERNAL_ERROR", "Broken."});
    REQUIRE(ended);
    CHECK(b.call("/sample/stream/").refusal().code == "PLUGIN_UNAVAILABLE");
    CHECK(b.call("/sample/ping/"));
  }
}

TEST_CASE("ranges of versions", "[plugin]") {
  const auto in = [](const char* v, const char* range) {
    return runtime::in_range(runtime::version_number::parse(v).value(), range);
  };
  CHECK(in("1.0", ">=1.0 <2") == true);
  CHECK(in("1.9.9", ">= 1.0, < 2") == true);
  CHECK(in("2.0.0", ">=1.0 <2") == false);
  CHECK(in("1.2.3", "1.2.3") == true);
  CHECK(in("1.2.3", "=1.2") == false);
  CHECK(!in("1.0", ""));
  CHECK(!in("1.0", "~1"));
  CHECK(!in("1.0", ">=x"));
  CHECK(!runtime::version_number::parse("1.2.3.4"));
  CHECK(!runtime::version_number::parse("1."));
}

TEST_CASE("a plugin names a dialect that is served, for its routes and for their addresses", "[plugins]") {
  bench b;
  b.install("good");
  b.host().load();
  b.host().start();
  CHECK(b.call("/sample/where/")->body_text().find("\"http://127.0.0.1:8000/learnflow/api/v1/sample/where/\"") !=
        std::string::npos);
  CHECK(b.host().routes(dialect("esperanto")).empty());

  bench other;
  other.install("good");
  other.options.dialects = {{dialect("esperanto"), "/esperanto"}};
  CHECK_THAT(other.refusal(), Contains("wire: there is no dialect learnflow"));
}

TEST_CASE("a plugin's keys are its own, follow the server's, and know the one before", "[plugin][keys]") {
  bench b;
  b.install("good");
  b.host().load();
  b.host().start();
  const auto keys = [&] { return b.call("/sample/keys/")->body_text(); };
  const auto one = keys();
  CHECK(one.find("\"instance\":1") != one.npos);
  CHECK(one.find('?') == one.npos);
  CHECK(keys() == one);
  b.masters = {"a new key", "the server's key"};
  const auto two = keys();
  CHECK(two.find("\"instance\":2") != two.npos);
  const auto old = one.substr(9, 64);  // behind {"says":"
  CHECK(two.find(old) > 9 + 64);
  CHECK(two.find(old) != two.npos);
}

TEST_CASE("a plugin that does not come through a step is set aside, unless it is required", "[plugin][set_aside]") {
  bench b;
  b.required = false;
  SECTION("what throws") {
    const std::string step = GENERATE("configure", "wire", "start");
    b.options.sections["sample"] = {{"refuse_at", step, false, "stoa.toml:3"}};
    b.install("good");
    SECTION("without the demand for it") {
      CHECK(b.refusal() == "");
      const auto p = b.host().list().at(0);
      CHECK(p.state == runtime::plugin_state::set_aside);
      CHECK(p.trouble->step == step);
      CHECK_THAT(p.trouble->reason, Contains("asked to refuse at " + step));
      CHECK(b.host().degraded() == std::vector<std::pair<std::string, std::string>>{{"sample", step}});
      CHECK_THAT(b.log->all(), Contains("a plugin is set aside"));
      CHECK_FALSE(b.areas.find<sample_greeter>());
      if (step == "start") CHECK(b.call("/sample/ping/").refusal().code == "PLUGIN_UNAVAILABLE");
      CHECK(b.entities.resting.contains("sample"));
    }
    SECTION("with the setting that demands it") {
      b.options.sections["sample"].push_back({"required", true, false, "stoa.toml:4"});
      CHECK_THAT(b.refusal(), Contains("asked to refuse at " + step));
    }
  }
  SECTION("a manifest that demands it, and a setting that does not") {
    b.required = true;
    b.install("good", {{"fingerprint", "0123"}});
    b.options.sections["sample"] = {{"required", std::string("false"), true, "environment"}};
    CHECK(b.refusal() == "");
    CHECK(b.host().degraded().at(0).second == "verify");
  }
  SECTION("a demand that is none") {
    b.install("good");
    b.options.sections["sample"] = {{"required", std::string("perhaps"), false, "stoa.toml:4"}};
    CHECK_THROWS_WITH(b.host(), Contains("stoa.toml:4: [plugins.sample] required: expected"));
  }
  SECTION("what does not fit, of whatever kind") {
    const auto bad = GENERATE(std::pair{"good", std::pair{"sha256", std::string(64, 'a')}},
                              std::pair{"undefined", std::pair{"name", std::string("x")}},
                              std::pair{"no_entry", std::pair{"name", std::string("x")}},
                              std::pair{"debug", std::pair{"name", std::string("x")}},
                              std::pair{"good", std::pair{"needs", std::string("[\"teleport/1\"]")}});
    b.install(bad.first, {{bad.second.first, bad.second.second}});
    CHECK(b.refusal() == "");
    CHECK(b.host().list().at(0).state == runtime::plugin_state::set_aside);
    CHECK(b.host().routes(dialect("learnflow")).empty());
  }
  SECTION("a migration that fails leaves routes that say so") {
    b.install("good");
    b.fail_migration = true;
    CHECK(b.refusal() == "");
    CHECK(b.host().degraded().at(0).second == "migrate");
    CHECK(b.call("/sample/ping/").refusal().kind == fault_kind::unavailable);
    // Mended, it comes back without another start.
    b.fail_migration = false;
    CHECK(b.host().reset("sample") == "sample is in service again");
    CHECK(b.call("/sample/ping/"));
    CHECK(b.host().degraded().empty());
  }
}

TEST_CASE("what a plugin requires is loaded before it, and set aside with it", "[plugin][set_aside]") {
  const auto named = [](const std::string& id, std::vector<std::string> needs) {
    runtime::manifest m;
    m.id = id;
    m.requires_ids = std::move(needs);
    return m;
  };
  const auto ids = [](const auto& all) {
    std::vector<std::string> out;
    for (const auto& m : all) out.push_back(m.id);
    return out;
  };
  const auto plan = runtime::in_order_of_need({named("a", {"c"}), named("b", {}), named("c", {"b"})});
  CHECK(ids(plan.ordered) == std::vector<std::string>{"b", "c", "a"});
  CHECK(plan.left.empty());

  const auto broken = runtime::in_order_of_need(
      {named("a", {"gone"}), named("b", {"a"}), named("c", {}), named("x", {"y"}), named("y", {"x"})});
  CHECK(ids(broken.ordered) == std::vector<std::string>{"c"});
  std::map<std::string, std::string> why;
  for (const auto& [m, e] : broken.left) why[m.id] = e.what();
  CHECK_THAT(why["a"], Contains("expected the plugin gone, which it requires, found none that is enabled"));
  CHECK_THAT(why["b"], Contains("expected the plugin a, which it requires, found that it cannot be loaded"));
  CHECK_THAT(why["x"], Contains("circle of requirements"));
  CHECK(why.contains("y"));
}

TEST_CASE("a step that does not end is not waited for beyond its time", "[plugin][steps]") {
  std::promise<void> go;
  auto gone = go.get_future().share();
  std::promise<void> over;
  CHECK(runtime::run_step([gone, &over] { gone.wait_for(seconds{20}), over.set_value(); }, milliseconds{20}) ==
        runtime::step_end::late);
  std::stop_source leaving;
  leaving.request_stop();
  std::promise<void> other_over;
  CHECK(runtime::run_step([gone, &other_over] { gone.wait_for(seconds{20}), other_over.set_value(); }, minutes{1},
                          leaving.get_token()) == runtime::step_end::left);
  go.set_value();
  over.get_future().wait();
  other_over.get_future().wait();
  CHECK(runtime::run_step([] {}, minutes{1}) == runtime::step_end::done);
  CHECK_THROWS_WITH(runtime::run_step([] { throw std::runtime_error("in time"); }, minutes{1}), "in time");
}

TEST_CASE("the statements of a library are found in it, and looked at before it is wired", "[plugin][statements]") {
  bench b;
  b.required = false;
  b.install("good");
  std::vector<std::string> seen;
  b.look_at = [&](const std::string&, const std::vector<statement>& all) {
    for (const auto& s : all) seen.push_back(std::string(s.name) + ": " + s.sql);
    throw std::runtime_error("statement sample.typo: column \"nmae\" does not exist");
  };
  CHECK(b.refusal() == "");
  CHECK(std::count(seen.begin(), seen.end(), "sample.greet: select greeting from plugin_sample.hello") == 1);
  CHECK(std::count(seen.begin(), seen.end(), "sample.part: select 2") == 1);
  CHECK(b.host().degraded().at(0).second == "statements");
  CHECK_THAT(b.host().list().at(0).trouble->reason, Contains("plugin sample 1.2.0") && Contains("sample.typo"));
}

TEST_CASE("states, times and steps of plugins are told in metrics and in the log", "[plugin][set_aside]") {
  bench b;
  b.install("good");
  CHECK(b.refusal() == "");
  const auto p = b.host().list().at(0);
  CHECK(p.since == b.time.now());
  std::vector<std::string> names;
  for (const auto& s : p.steps) names.push_back(s.name);
  CHECK(names == std::vector<std::string>{"verify", "open", "configure", "migrate", "wire", "start"});
  CHECK_THAT(b.log->all(), Contains("plugin started"));
  CHECK(b.meters.levels.at("stoa_plugin_state|plugin=sample|state=started") == 1);
  CHECK(b.meters.levels.at("stoa_plugin_state|plugin=sample|state=wired") == 0);
  CHECK(b.meters.levels.contains("stoa_plugin_step_seconds|plugin=sample|step=start"));
  b.time.advance(minutes{5});
  b.host().disable("sample");
  CHECK(b.host().list().at(0).since == b.time.now());
  CHECK(b.meters.levels.at("stoa_plugin_state|plugin=sample|state=disabled") == 1);
}

TEST_CASE("a plugin that crashed the server twice is skipped, and told how it comes back", "[plugin][set_aside]") {
  bench b;
  b.required = false;
  b.install("good");
  const auto file = b.dir / ".crashes";
  const auto at = std::to_string(unix_us(b.time.now()) / 1'000'000);
  std::ofstream(file) << "crash " << at << " 1 11 sample start\ncrash " << at << " 2 6 sample subscription\n";
  b.options.journal = std::make_shared<runtime::crash_journal>(file);
  CHECK(b.refusal() == "");
  CHECK_THAT(b.host().list().at(0).trouble->reason,
             Contains("skipped: the server crashed in it 2 times within a day, the last with signal 6 in "
                      "subscription at ") &&
                 Contains("stoa plugin reset sample"));
  CHECK(b.host().reset("sample") == "2 crashes of sample are forgotten; it is taken in at the server's next start");
  CHECK(b.options.journal->of("sample", b.time.now()).empty());
  CHECK_THROWS_WITH(b.host().reset("nobody"), "there is no plugin nobody");
}
