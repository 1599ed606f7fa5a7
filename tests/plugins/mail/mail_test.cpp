// The plugin against a real mail server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <catch2/catch.hpp>

#include <future>

#include "stoa/areas/mail.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/plugins/support/plugin_store.hpp"
#include "tests/support/smtpd.hpp"

using namespace stoa;
using namespace stoa::testing;

extern "C" const stoa::plugin_entry* stoa_mail_entry();

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:09Z");
using written = std::vector<std::pair<std::string, std::string>>;

class bench {
 public:
  explicit bench(written settings, bool production = false)
      : bench(plugin_store("mail"), std::move(settings), production) {}
  bench(runtime::store_options o, written settings, bool production)
      : connection(o.connection), store_(std::move(o)), host(store_, http_, time) {
    host.in_production = production;
    settings.emplace_back("templates", STOA_SOURCE_DIR "/plugins/mail/templates");
    host.set(plugin_settings(*stoa_mail_entry(), settings));
    plugin_ = stoa_mail_entry()->create();
    try {
      plugin_->configure(host);
    } catch (...) {
      stoa_mail_entry()->destroy(plugin_);
      throw;
    }
    plugin_->wire(host);
  }
  ~bench() {
    plugin_->stop();
    stoa_mail_entry()->destroy(plugin_);
  }

  result<done> send(stoa::mail m) { return wait_for(host.areas.find<mailer>()->deliver(std::move(m))); }
  stoa::plugin& plugin() { return *plugin_; }
  database& db() { return store_; }

  const std::string connection;

 private:
  no_http http_;
  runtime::store store_;
  stoa::plugin* plugin_ = nullptr;

 public:
  manual_clock time{now};
  fake_host host;
};

written at(const smtpd& server, written more = {}) {
  written all{{"transport", "smtp"}, {"host", "127.0.0.1"},     {"port", std::to_string(server.port())},
              {"security", "none"},  {"allow_private", "true"}, {"from", "Stoa Grüße <no-reply@stoa.example>"},
              {"timeout", "10s"}};
  for (auto& [key, value] : more) {
    std::erase_if(all, [&](const auto& e) { return e.first == key; });
    all.emplace_back(key, value);
  }
  return all;
}

stoa::mail letter_to(const std::string& to, const std::string& id = "a mail") {
  stoa::mail m;
  m.id = id;
  m.to = to;
  m.to_name = "Zoë \"Z\" O'Neil";
  m.subject = "Grüße: ein sehr, sehr langer Betreff, der über eine Zeile hinausgeht und 日本語 enthält";
  m.text = "First line\n.\n..two dots\n" + std::string(2000, 'x') + " ü\nlast = line\n";
  m.html = "<p>Grüße &amp; <a href=\"https://a.example/?x=1&amp;y=2\">more</a></p>\n";
  return m;
}

stoa::mail reset_mail(const std::string& to, const std::string& name = "Ada") {
  stoa::mail m;
  m.id = "reset";
  m.to = to;
  m.template_name = "password_reset";
  m.variables = {{"name", name}, {"email", to}, {"link", "https://a.example/?t=1&u=2"}, {"lifetime", "1 hour"}};
  return m;
}

}  // namespace

TEST_CASE("a mail arrives as it was written, in both its parts", "[mail][smtp]") {
  smtpd server;
  bench b(at(server));
  REQUIRE(b.send(letter_to("ada@example.com")));
  REQUIRE(server.count() == 1);
  const auto got = server.mail(1);
  const auto sent = letter_to("ada@example.com");
  CHECK(got.find("subject")->text() == sent.subject);
  CHECK(got.find("from")->text() == "Stoa Grüße <no-reply@stoa.example>");
  CHECK(got.find("to")->text() == "\"Zoë \\\"Z\\\" O'Neil\" <ada@example.com>");
  CHECK(got.find("rcpt")->text() == "ada@example.com");
  CHECK(got.find("sender")->text() == "no-reply@stoa.example");
  CHECK(got.find("text")->text() == sent.text);
  CHECK(got.find("html")->text() == sent.html);
  CHECK(got.find("date")->text() == "Tue, 27 Jan 2026 16:05:09 +0000");
  CHECK(got.find("id")->text().ends_with("@stoa.example>"));
  CHECK(got.find("longest")->as_integer().value() <= 998);
  CHECK(got.find("defects")->items().empty());
  CHECK(got.find("encrypted")->text() == "no");
}

TEST_CASE("a template's mail has its variables, escaped in the HTML part alone", "[mail][smtp]") {
  smtpd server;
  bench b(at(server));
  REQUIRE(b.send(reset_mail("ada@example.com", "<b>Ada</b>")));
  CHECK(server.text(1, "subject") == "Reset your password");
  const auto text = server.text(1, "text"), html = server.text(1, "html");
  CHECK(text.find("Hello <b>Ada</b>,") != std::string::npos);
  CHECK(text.find("https://a.example/?t=1&u=2\n") != std::string::npos);
  CHECK(html.find("Hello &lt;b&gt;Ada&lt;/b&gt;,") != std::string::npos);
  CHECK(html.find("href=\"https://a.example/?t=1&amp;u=2\"") != std::string::npos);
}

TEST_CASE("an address outside ASCII is written to", "[mail][smtp]") {
  smtpd server;
  bench b(at(server));
  REQUIRE(b.send(letter_to("jörg@bücher.example")));
  // SMTPUTF8 takes the host in both of its forms; which one libcurl writes depends on the locale.
  CHECK((server.log() == "250 jörg@xn--bcher-kva.example\n" || server.log() == "250 jörg@bücher.example\n"));
}

TEST_CASE("a mail that went out is not sent again, whoever asks", "[mail][smtp]") {
  smtpd server;
  bench b(at(server));
  for (int i = 0; i < 3; ++i) CHECK(b.send(letter_to("ada@example.com", "one")));
  CHECK(server.count() == 1);
  REQUIRE(b.host.workers.size() == 1);
  job again;
  again.id = uuid::make_v7();
  again.payload = json::parse(wire::write(letter_to("ada@example.com", "one"))).value();
  CHECK(wait_for(b.host.workers[0].work(again)));
  CHECK(server.count() == 1);
  again.payload = json::parse(wire::write(letter_to("ada@example.com", ""))).value();
  CHECK(wait_for(b.host.workers[0].work(again)));
  CHECK(wait_for(b.host.workers[0].work(again)));
  CHECK(server.count() == 2);
  // What is forgotten after a month is no longer known.
  b.time.advance(days{31});
  REQUIRE(wait_for(b.host.periodic.at("sent mails")()));
  CHECK(b.send(letter_to("ada@example.com", "one")));
  CHECK(server.count() == 3);
  CHECK(server.text(1, "id") == server.text(3, "id"));
  CHECK(server.text(1, "id") != server.text(2, "id"));
}

TEST_CASE("a greylisting server gets the same mail later, one that refuses gets it never again", "[mail][smtp]") {
  smtpd grey({"--greylist", "2"});
  bench b(at(grey));
  for (int i = 0; i < 2; ++i) {
    const auto put_off = b.send(letter_to("ada@example.com"));
    REQUIRE(!put_off);
    CHECK(put_off.refusal().code == "MAIL_PUT_OFF");
    CHECK(put_off.refusal().kind == fault_kind::unavailable);
  }
  CHECK(grey.count() == 0);
  CHECK(b.send(letter_to("ada@example.com")));
  CHECK(grey.count() == 1);
  CHECK(grey.log() == "451 ada@example.com\n451 ada@example.com\n250 ada@example.com\n");

  smtpd strict({"--refuse"});
  bench r(at(strict));
  const auto refused = r.send(letter_to("ada@example.com"));
  REQUIRE(!refused);
  CHECK(refused.refusal().kind == fault_kind::rejected);
  CHECK(refused.refusal().message == "The mail server answered 550.");
  CHECK(r.host.lines.all().find("a mail was refused to=a***@example.com") != std::string::npos);
  CHECK(r.host.lines.all().find("ada@") == std::string::npos);
}

TEST_CASE("STARTTLS and AUTH: with the right certificate and password, and not without", "[mail][smtp]") {
  own_certificate own;
  smtpd server({"--tls", own.file(), own.key(), "--auth", "stoa", "pässword"});
  const written good{{"security", "starttls"}, {"ca_file", own.file()}, {"username", "stoa"}, {"password", "pässword"}};
  const auto with = [&](const char* key, const std::string& value) {
    auto changed = good;
    for (auto& [k, v] : changed)
      if (k == key) v = value;
    return at(server, changed);
  };
  {
    bench b(at(server, good));
    REQUIRE(b.send(letter_to("ada@example.com")));
    CHECK(server.count() == 1);
    CHECK(server.text(1, "encrypted") == "yes");
  }
  // All of it can be mended by an operator, so the mail comes again.
  for (const auto& settings :
       {with("password", "another"), with("ca_file", ""), with("username", ""), with("security", "none")}) {
    bench b(settings);
    const auto r = b.send(letter_to("bob@example.com", "two"));
    REQUIRE(!r);
    CHECK(r.refusal().kind == fault_kind::unavailable);
    CHECK(b.host.lines.all().find("pässword") == std::string::npos);
  }
  CHECK(server.count() == 1);

  smtpd plain;
  bench b(at(plain, {{"security", "starttls"}}));
  const auto r = b.send(letter_to("bob@example.com"));
  REQUIRE(!r);
  CHECK(r.refusal().code == "MAIL_DOOR_CLOSED");
  CHECK(plain.count() == 0);
}

TEST_CASE("TLS from the first byte", "[mail][smtp]") {
  own_certificate own;
  smtpd server({"--tls", own.file(), own.key(), "--implicit"});
  bench b(at(server, {{"security", "tls"}, {"ca_file", own.file()}}));
  REQUIRE(b.send(letter_to("ada@example.com")));
  CHECK(server.text(1, "encrypted") == "yes");
  bench strangers(at(server, {{"security", "tls"}}));
  CHECK(!strangers.send(letter_to("bob@example.com", "two")));
  CHECK(server.count() == 1);
}

TEST_CASE("a private address is reached only where settings allow it", "[mail][smtp]") {
  smtpd server;
  bench b(at(server, {{"allow_private", "false"}}));
  const auto r = b.send(letter_to("ada@example.com"));
  REQUIRE(!r);
  CHECK(r.refusal().code == "MAIL_SERVER_AWAY");
  CHECK(r.refusal().message.find("allow_private") != std::string::npos);
  CHECK(server.count() == 0);
}

TEST_CASE("a server that says nothing is left at the deadline, and when we stop", "[mail][smtp]") {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0);
  REQUIRE(::listen(listening, 8) == 0);
  REQUIRE(::getsockname(listening, reinterpret_cast<sockaddr*>(&here), &size) == 0);
  written silent{{"transport", "smtp"}, {"host", "127.0.0.1"},     {"port", std::to_string(ntohs(here.sin_port))},
                 {"security", "none"},  {"allow_private", "true"}, {"timeout", "1s"}};
  bench b(silent);
  const auto r = b.send(letter_to("ada@example.com"));
  REQUIRE(!r);
  CHECK(r.refusal().code == "MAIL_SERVER_AWAY");

  silent.back().second = "1m";
  bench stopped(silent);
  std::promise<result<done>> ended;
  detach<done>(stopped.host.areas.find<mailer>()->deliver(letter_to("ada@example.com")),
               [&](result<done> o) { ended.set_value(std::move(o)); });
  const int connected = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  CHECK(connected >= 0);
  const auto began = std::chrono::steady_clock::now();
  stopped.plugin().stop();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{10});
  CHECK(!ended.get_future().get());
  CHECK(!stopped.send(letter_to("ada@example.com")));
  ::close(connected);
  ::close(listening);
}

TEST_CASE("what cannot be a mail is dead at once", "[mail]") {
  smtpd server;
  bench b(at(server));
  auto m = letter_to("ada@example.com\r\nRCPT TO:<eve@example.com>");
  CHECK(b.send(m).refusal().kind == fault_kind::invalid);
  m = letter_to("ada@example.com");
  m.subject = "Hi\r\nBcc: eve@example.com";
  CHECK(b.send(m).refusal().kind == fault_kind::invalid);
  m = letter_to("ada@example.com", "");
  CHECK(b.send(m).refusal().fields.at(0).field == "id");
  m = letter_to("ada@example.com");
  m.template_name = "no_such";
  CHECK(b.send(m).refusal().fields.at(0).field == "template_name");
  m = reset_mail("ada@example.com");
  m.variables.pop_back();
  CHECK(b.send(m).refusal().fields.at(0).field == "variables");
  CHECK(server.count() == 0);
}

TEST_CASE("the log shows a mail's link in development, and nothing that could be used in production", "[mail]") {
  bench tried({});
  REQUIRE(tried.send(reset_mail("ada@example.com")));
  CHECK(tried.host.lines.all().find("https://a.example/?t=1&u=2") != std::string::npos);
  CHECK(tried.host.lines.all().find("to=ada@example.com") != std::string::npos);
  bench real({}, true);
  CHECK(real.host.lines.all().find("no mail leaves this server") != std::string::npos);
  REQUIRE(real.send(reset_mail("ada@example.com")));
  CHECK(real.host.lines.all().find("a.example") == std::string::npos);
  CHECK(real.host.lines.all().find("to=a***@example.com") != std::string::npos);
}

TEST_CASE("a mail is promised inside a transaction, once for its id", "[mail]") {
  bench b({});
  const auto queue = [&](const std::string& id, bool fails) {
    return transact_now(
        b.db(),
        [&](connection& c) -> result<done> {
          queue_mail(c, letter_to("ada@example.com", id), now);
          if (fails) return fault::unavailable("no");
          return done{};
        },
        acts_as_system());
  };
  CHECK(!queue("one", true));
  CHECK(queue("one", false));
  CHECK(queue("one", false));
  CHECK(queue("two", false));
  runtime::plain_connection db{b.connection};
  db.run("set stoa.acting = 'system'");
  CHECK(db.run("select count(*) from job where kind = 'mail.send'").at(0).at(0) == "2");
}

TEST_CASE("settings that could send no mail are refused", "[mail]") {
  for (const auto& bad :
       {written{{"from", "nobody"}}, written{{"transport", "smtp"}}, written{{"transport", "smtp"}, {"host", "a/b"}},
        written{{"transport", "smtp"}, {"host", "mx.example"}, {"timeout", "10m"}}, written{{"transport", "pigeon"}},
        written{{"port", "0"}}, written{{"retry_after", "0s"}}})
    CHECK_THROWS_AS(bench(bad), settings_error);
  const written clear{{"transport", "smtp"}, {"host", "mx.example"}, {"security", "none"}, {"username", "u"}};
  CHECK_THROWS_AS(bench(clear, true), settings_error);
  CHECK_NOTHROW(bench(clear, false));
}
