#include "cli/surface.hpp"

#include "cli/composition.hpp"
#include "cli/mounting.hpp"
#include "runtime/outbound/curl_http_client.hpp"
#include "runtime/outbox/pump.hpp"

namespace stoa::cli {

struct surface::state {
  explicit state(const runtime::settings& s)
      : log(runtime::make_logger({log_level::error, runtime::log_style::automatic})),
        house(s, "", post, time, *log, meters),
        outbound({8, post, log.get(), &meters}),
        pump(house.store(), time, {}),
        plugins(runtime::plugin_services{[this](const std::string&) -> std::shared_ptr<logger> { return log; }, meters,
                                         house.store(), outbound, time, house.areas(), pump, post,
                                         [](const std::string&, const std::filesystem::path&) {},
                                         [] { return std::string(); }},
                plugging(s)),
        domain(house.areas()),
        router(routing(s)) {
    plugins.load();
    mount(api::make_contracts(domain, time, s), plugins, router);
  }

  std::function<void(std::function<void()>)> post = [](std::function<void()> f) { f(); };
  stoa::system_clock time;
  runtime::metrics_registry meters;
  std::shared_ptr<runtime::bound_logger> log;
  domain_house house;
  runtime::curl_http_client outbound;
  runtime::pump pump;
  runtime::runtime_plugin_host plugins;
  stoa::domain domain;
  http::router router;
};

surface::surface(const runtime::settings& s) : state_(std::make_unique<state>(s)) {}
surface::~surface() = default;

const http::router& surface::router() const { return state_->router; }

}  // namespace stoa::cli
