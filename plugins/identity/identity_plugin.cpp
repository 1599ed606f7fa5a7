// The identity plugin: settings, and the point that it offers.
#include <algorithm>
#include <map>
#include <memory>

#include "speaker.hpp"
#include "starts.hpp"
#include "stoa/plugin.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::identity {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

constexpr const char* sandbox = "sandbox";

const std::vector<setting>& settings() {
  static const std::vector<setting> all = [] {
    std::vector<setting> s{
        {"providers", setting_type::text_list, "", "Who may vouch for people: names of tables below this one", {}},
        {"redirect_uris",
         setting_type::text_list,
         "http://localhost:3000/auth/callback",
         "Where providers may send browsers back to, to the letter",
         {}},
        {"sandbox",
         setting_type::boolean,
         "true",
         "Whether the provider `sandbox` vouches for whatever a code says. Development only: production never has it",
         {}},
        {"start_life", setting_type::duration, "10m", "How long a sign-in that was begun here may take", {}},
    };
    for (auto& one : provider_settings()) s.push_back(std::move(one));
    return s;
  }();
  return all;
}

fault unknown_provider() {
  return {fault_kind::not_found, "PROVIDER_NOT_FOUND", "This server knows no such identity provider."};
}

class broker final : public identity_broker {
 public:
  broker(std::vector<std::shared_ptr<speaker>> all, bool with_sandbox, std::vector<std::string> redirects,
         starts& begun_here)
      : all_(std::move(all)), sandbox_(with_sandbox), redirects_(std::move(redirects)), starts_(begun_here) {}

  std::vector<identity_provider> providers() const override {
    std::vector<identity_provider> out;
    for (const auto& one : all_) out.push_back({one->who().name, one->who().title});
    if (sandbox_) out.push_back({sandbox, "Sandbox"});
    return out;
  }

  task<identity_start> begin(identity_wish wish) override {
    const auto with = co_await named(wish.provider);
    co_await check_redirect(wish.redirect_uri);
    identity_start out;
    // Before anything is written: a provider that is away leaves nothing behind.
    out.url = wish.redirect_uri;
    if (with) out.url = co_await with->authorize_url();
    auto b = co_await starts_.make(wish.provider, wish.redirect_uri);
    std::vector<std::pair<std::string, std::string>> fields;
    if (with) {
      const auto& p = with->who();
      std::string scopes;
      for (const auto& s : p.scopes) scopes += (scopes.empty() ? "" : " ") + s;
      fields = {{"response_type", "code"}, {"client_id", p.client_id}, {"redirect_uri", wish.redirect_uri}};
      if (!scopes.empty()) fields.emplace_back("scope", scopes);
      if (p.speaks == protocol::oidc) fields.emplace_back("nonce", b.nonce);
      if (p.pkce)
        fields.emplace_back("code_challenge", b.challenge), fields.emplace_back("code_challenge_method", "S256");
    } else {
      // The sandbox agrees at once.
      fields = {{"code", "email=someone@sandbox.example&name=Some One"}};
    }
    fields.emplace_back("state", b.state);
    out.url = with_query(out.url, fields);
    out.state = std::move(b.state);
    out.binding = std::move(b.binding);
    out.expires_at = b.expires_at;
    co_return out;
  }

  task<identity_claim> finish(identity_answer answer) override {
    const auto with = co_await named(answer.provider);
    co_await check_redirect(answer.redirect_uri);
    exchange e;
    if (!answer.state.empty()) {
      const auto b = co_await starts_.spend(answer);
      if (with && with->who().pkce) e.verifier = b.verifier;
      e.nonce = b.nonce;
    } else {
      e.verifier = std::move(answer.code_verifier);
    }
    if (!with) co_return sandbox_claim(answer.code);
    e.code = std::move(answer.code);
    e.redirect_uri = std::move(answer.redirect_uri);
    e.issuer = std::move(answer.issuer);
    co_return co_await with->claim(std::move(e));
  }

 private:
  /// Null is the sandbox.
  result<std::shared_ptr<speaker>> named(const std::string& name) const {
    for (const auto& one : all_)
      if (one->who().name == name) return one;
    if (sandbox_ && name == sandbox) return std::shared_ptr<speaker>();
    return unknown_provider();
  }

  result<done> check_redirect(const std::string& uri) const {
    if (std::find(redirects_.begin(), redirects_.end(), uri) != redirects_.end()) return done{};
    return fault::field("redirect_uri", "This address is not one that sign-ins may come back to.");
  }

  const std::vector<std::shared_ptr<speaker>> all_;
  const bool sandbox_;
  const std::vector<std::string> redirects_;
  starts& starts_;
};

class identity_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    const auto& s = host.settings();
    std::vector<std::shared_ptr<speaker>> all;
    for (const auto& name : s.text_list("providers")) {
      const bool a_name = !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      });
      const bool again = std::any_of(all.begin(), all.end(), [&](const auto& one) { return one->who().name == name; });
      const bool a_path = name == "ticket" || name == "registration";  // where doors of other kinds are
      if (!a_name || name == sandbox || again || a_path)
        throw settings_error(
            "providers: expected different names of lower-case letters and digits, and not sandbox, "
            "ticket or registration");
      all.push_back(
          std::make_shared<speaker>(read_provider(s, name, host.production()), host.http(), host.log(), host.clock()));
    }
    const auto redirects = s.text_list("redirect_uris");
    for (const auto& uri : redirects) {
      if (!looks_like_http_url(uri)) throw settings_error("redirect_uris: expected http(s) URLs");
      if (host.production() && !all.empty() && !uri.starts_with("https://"))
        throw settings_error("redirect_uris: expected https URLs in production");
    }
    if (s.boolean("sandbox") && !host.production())
      host.log().warn("the sandbox vouches for whoever asks: for development alone", {});
    const auto life = s.duration("start_life");
    if (life < minutes{1} || life > hours{1}) throw settings_error("start_life: expected 1m to 1h");
    starts_ = std::make_unique<starts>(host.database(), host.clock(), host.signing_keys("starts"), life);
    broker_ = std::make_shared<broker>(std::move(all), s.boolean("sandbox") && !host.production(), redirects, *starts_);
  }

  void wire(plugin_host& host) override {
    host.offer<identity_broker>(broker_);
    host.every("old starts", minutes{10}, [this, &host]() -> task<done> {
      purge_options how;
      how.meters = &host.metrics();
      how.log = &host.log();
      co_await starts_->forget(how);
      co_return done{};
    });
  }

 private:
  std::unique_ptr<starts> starts_;
  std::shared_ptr<broker> broker_;
};

}  // namespace

}  // namespace stoa_plugin::identity

STOA_PLUGIN("identity", "1.0.0", stoa_plugin::identity::identity_plugin, stoa_plugin::identity::settings())
