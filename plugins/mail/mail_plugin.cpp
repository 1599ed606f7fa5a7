// The mail plugin: settings, and the point that it offers.
#include <array>
#include <filesystem>
#include <memory>

#include "post_office.hpp"
#include "smtp.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::mail {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

/// For how long it is known what went out: longer than any job comes again by itself.
constexpr milliseconds remembered = days{30};

const std::array<setting, 13>& settings() {
  static const std::array<setting, 13> all{{
      {"transport",
       setting_type::text,
       "log",
       "How mail leaves: log (it does not, but is written to the log) or smtp",
       {"log", "smtp"}},
      {"from", setting_type::text, "Stoa <no-reply@stoa.example>", "Whom mails come from", {}},
      {"templates", setting_type::text, "", "A folder of templates that go before the plugin's own", {}},
      {"host", setting_type::text, "", "The SMTP server", {}},
      {"port", setting_type::integer, "587", "Its port", {}, false, 1, 65535},
      {"security",
       setting_type::text,
       "starttls",
       "starttls and tls demand encryption, none goes without",
       {"starttls", "tls", "none"}},
      {"username", setting_type::text, "", "Signs in with this name; empty: does not sign in", {}},
      {"password", setting_type::text, "", "And this password", {}, true},
      {"ca_file", setting_type::text, "", "Authorities for its certificate; empty: the machine's", {}},
      {"allow_private", setting_type::boolean, "false", "Whether its address may be loopback or private", {}},
      {"timeout", setting_type::duration, "30s", "How long one mail may take", {}},
      {"connections", setting_type::integer, "2", "Mails on their way at once", {}, false, 1, 32},
      {"retry_after",
       setting_type::duration,
       "1m",
       "The pause before a mail's second try; then twice as long each",
       {}},
  }};
  return all;
}

smtp_security security_named(const std::string& word) {
  if (word == "none") return smtp_security::none;
  return word == "tls" ? smtp_security::tls : smtp_security::starttls;
}

smtp_options smtp_settings(const settings_view& s, const mailbox& from, bool production) {
  smtp_options o;
  o.host = s.text("host");
  o.port = static_cast<int>(s.integer("port"));
  o.security = security_named(s.text("security"));
  o.username = s.text("username");
  o.password = s.text("password");
  o.ca_file = s.text("ca_file");
  o.hello = from.host();
  o.allow_private = s.boolean("allow_private");
  o.timeout = s.duration("timeout");
  o.connections = static_cast<std::size_t>(s.integer("connections"));
  if (o.host.empty()) throw settings_error("host: expected a server for transport \"smtp\", found an empty text");
  if (o.host.find_first_of("/@?# ") != std::string::npos)
    throw settings_error("host: expected a host name or an address, without scheme and port");
  if (o.timeout < seconds{1} || o.timeout > minutes{1})
    throw settings_error("timeout: expected 1s to 1m");  // the lease of a job must outlive it
  if (production && o.security == smtp_security::none && !o.username.empty())
    throw settings_error("security: expected starttls or tls with a username, else the password goes in the clear");
  return o;
}

class smtp_transport final : public transport {
 public:
  explicit smtp_transport(smtp_options o) : sender_(std::move(o)) {}
  task<done> carry(const letter&, outgoing m) override { return sender_.send(std::move(m)); }
  void stop() override { sender_.stop(); }

 private:
  smtp_sender sender_;
};

class mail_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    const auto& s = host.settings();
    post_office_options o;
    auto from = parse_mailbox(s.text("from"));
    if (!from) throw settings_error("from: expected an address, or `Name <address>`");
    o.from = std::move(from).value();
    if (const auto own = host.folder() / "templates"; std::filesystem::is_directory(own)) read_templates(own, o.known);
    if (const auto folder = s.text("templates"); !folder.empty()) read_templates(folder, o.known);
    std::unique_ptr<transport> by;
    if (s.text("transport") == "smtp") {
      by = std::make_unique<smtp_transport>(smtp_settings(s, o.from, host.production()));
    } else {
      if (host.production()) host.log().warn("no mail leaves this server: [plugins.mail] transport is log");
      by = std::make_unique<log_transport>(host.log(), host.production());
    }
    retry_after_ = s.duration("retry_after");
    if (retry_after_ < milliseconds{1}) throw settings_error("retry_after: expected more than 0");
    office_ = std::make_shared<post_office>(host.database(), host.clock(), host.log(), std::move(by), std::move(o));
  }

  void wire(plugin_host& host) override {
    host.offer<stoa::mailer>(office_);
    job_policy patient;
    patient.attempts = 24;
    patient.first_pause = retry_after_;
    patient.longest_pause = hours{2};
    patient.lease = minutes{3};
    host.work_on<stoa::mail>(
        [this](stoa::mail m, job j) {
          if (m.id.empty()) m.id = j.id.str();
          return office_->deliver(std::move(m));
        },
        patient);
    host.every("sent mails", hours{1}, [this, &host]() -> task<done> {
      purge_options how;
      how.meters = &host.metrics();
      how.log = &host.log();
      co_await office_->forget(host.clock().now() - remembered, how);
      co_return done{};
    });
  }

  void stop() override { office_->stop(); }

 private:
  milliseconds retry_after_{};
  std::shared_ptr<post_office> office_;
};

}  // namespace

}  // namespace stoa_plugin::mail

STOA_PLUGIN("mail", "1.0.0", stoa_plugin::mail::mail_plugin, stoa_plugin::mail::settings())
