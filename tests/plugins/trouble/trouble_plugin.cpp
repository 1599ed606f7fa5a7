// A plugin that has every trouble a plugin can have; its setting chooses which.
#include <array>

#include "load_faults.hpp"
#include "rival_mailer.hpp"
#include "run_faults.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::trouble {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

const std::array<setting, 3>& settings() {
  static const std::array<setting, 3> all{{
      {"fault", setting_type::text, "", "What goes wrong; empty: nothing", {}},
      {"friend", setting_type::text, "", "An address that it may ask", {}},
      {"inside", setting_type::boolean, "false", "Whether those that it may ask may be private", {}},
  }};
  return all;
}

class trouble_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    chosen_ = host.settings().text("fault");
    fail_at(chosen_, "configure");
  }
  void wire(plugin_host& host) override {
    fail_at(chosen_, "wire");
    const auto fault = std::make_shared<current_fault>(chosen_);
    wire_run_faults(host, fault);
    if (chosen_ == "offer_mailer") host.offer<mailer>(std::make_shared<rival_mailer>(fault));
    wire_load_faults(host, chosen_);
  }
  void start() override { fail_at(chosen_, "start"); }
  void drain() override { fail_at(chosen_, "drain"); }
  void stop() override { fail_at(chosen_, "stop"); }

 private:
  std::string chosen_;
};

}  // namespace
}  // namespace stoa_plugin::trouble

STOA_PLUGIN("trouble", "1.0.0", stoa_plugin::trouble::trouble_plugin, stoa_plugin::trouble::settings())
