// A plugin for the host's tests; built several times, each with another mistake.
#include <array>
#include <atomic>

#include "greeter.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/crypto.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::sample {

#ifdef SAMPLE_UNDEFINED
/// Defined nowhere.
void nobody_wrote_this();
#endif

namespace {

using namespace stoa;  // NOLINT

const std::array<setting, 3>& settings() {
  static const std::array<setting, 3> all{{
      {"greeting", setting_type::text, "hello", "What /ping says", {}},
      {"refuse_at", setting_type::text, "", "The step to fail at", {"", "configure", "wire", "start"}},
      {"use_people", setting_type::text, "", "Whether to ask for an area", {"", "yes"}},
  }};
  return all;
}

constexpr statement greet{"sample.greet", "select greeting from plugin_sample.hello"};
/// A class has some of its own, too.
struct kept {
  static constexpr statement part{"sample.part", "select 2"};
};

struct pong {
  std::string says;
  std::int64_t instance = 0;
};
BOOST_DESCRIBE_STRUCT(pong, (), (says, instance))

class greeter final : public sample_greeter {
 public:
  explicit greeter(std::string text) : text_(std::move(text)) {}
  std::string greeting() const override { return text_; }

 private:
  std::string text_;
};

class sample_plugin final : public plugin {
 public:
  sample_plugin() {
    static std::atomic<std::int64_t> made{0};
    number_ = ++made;
  }
  void configure(plugin_host& host) override {
    host_ = &host;
    fail_at("configure");
  }
  void wire(plugin_host& host) override {
    fail_at("wire");
    auto& routes = host.routes(dialect("learnflow"));
    routes.get<wire::nothing, pong>("/sample/ping/", {.summary = "Says hello"},
                                    [this](const request&, wire::nothing) { return ping(); });
    routes.get<wire::nothing, pong>(
        "/sample/boom/", {.summary = "Throws"},
        [](const request&, wire::nothing) -> task<pong> { throw std::runtime_error("boom"); });
    routes.get<wire::nothing, pong>("/sample/where/", {.summary = "Tells its own address"},
                                    [this](const request&, wire::nothing) { return where(); });
    routes.get<wire::nothing, pong>("/sample/keys/", {.summary = "Tells what its keys come to, and how many there are"},
                                    [this](const request&, wire::nothing) { return keys(); });
    routes.get<wire::nothing, pong>("/sample/later/", {.summary = "Throws after it was suspended"},
                                    [this](const request&, wire::nothing) { return later(); });
    routes.get<wire::nothing, reply>("/sample/stream/", {.summary = "Writes once"},
                                     [this](const request&, wire::nothing) -> task<reply> {
                                       reply r = reply::events([this](auto to) { return write(std::move(to)); });
                                       co_return r;
                                     });
    subscription s;
    s.name = "listener";
    s.handle = [](connection&, const std::vector<event>&) -> result<done> { return done{}; };
    host.subscribe(std::move(s));
    if (host.settings().text("use_people") == "yes") host.use<stoa::people>();
    host.offer<sample_greeter>(std::make_shared<greeter>(host.settings().text("greeting")));
    host.every("tick", milliseconds{1}, [this] { return tick(); });
    // Never asked.
    ask_ = [&db = host.database()] { db.run(lane::reads, greet, {}, {}), db.run(lane::reads, kept::part, {}, {}); };
  }
  void start() override { fail_at("start"); }
  void drain() override { host_->log().info("drained"); }
  void stop() override { host_->log().info("stopped"); }

 private:
  void fail_at(const char* step) {
    if (host_->settings().text("refuse_at") == step) throw settings_error(std::string("asked to refuse at ") + step);
  }
  task<pong> where() {
    pong out{host_->url_of(dialect("learnflow"), "/sample/where/"), 0};
    co_return out;
  }
  task<pong> keys() {
    const auto own = host_->signing_keys("links"), other = host_->signing_keys("other links");
    pong out;
    for (const auto& k : own) out.says += hex(sha256(k)) + (k.size() == 32 ? " " : "?");
    out.instance = own.front() == other.front() ? 0 : static_cast<std::int64_t>(own.size());
    co_return out;
  }
  task<pong> ping() {
    pong p;
    p.says = host_->settings().text("greeting");
    p.instance = number_;
    co_return p;
  }
  task<pong> later() {
    auto asking = as_result(ping());
    co_await asking;
    throw std::runtime_error("later");
  }
  task<done> write(std::shared_ptr<stream_writer> to) {
    auto writing = to->write("number " + std::to_string(number_));
    co_await std::move(writing);
    number_ = -1;  // still there: the instance is not gone before this
    co_return done{};
  }
  task<done> tick() {
    host_->metrics().count("ticks", "Runs of the periodic work").add();
    co_return done{};
  }

  plugin_host* host_ = nullptr;
  std::int64_t number_ = 0;
  std::function<void()> ask_;
};

}  // namespace
}  // namespace stoa_plugin::sample

#ifdef SAMPLE_UNDEFINED
extern "C" __attribute__((visibility("default"))) void sample_calls_it() { stoa_plugin::sample::nobody_wrote_this(); }
#endif

#ifdef SAMPLE_FOREIGN
#undef STOA_SDK_FINGERPRINT
#define STOA_SDK_FINGERPRINT "foreign"
#endif

#ifdef SAMPLE_NO_ENTRY
extern "C" __attribute__((visibility("default"))) const void* sample_keeps_its_parts() {
  static const stoa_plugin::sample::sample_plugin used;
  return stoa_plugin::sample::settings().empty() ? nullptr : &used;
}
#else
STOA_PLUGIN("sample", "1.2.0", stoa_plugin::sample::sample_plugin, stoa_plugin::sample::settings())
#endif
