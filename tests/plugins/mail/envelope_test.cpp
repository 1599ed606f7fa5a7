#include <catch2/catch.hpp>

#include "plugins/mail/envelope.hpp"
#include "plugins/mail/smtp.hpp"

using namespace stoa;
using namespace stoa_plugin::mail;

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:09Z");
const mailbox us{"Stoa", "no-reply@stoa.example"};

}  // namespace

TEST_CASE("header fields hold what RFC 5322 and RFC 2047 allow", "[mail]") {
  CHECK(header_text("Reset your password") == "Reset your password");
  CHECK(header_text("Grüße") == "=?UTF-8?B?R3LDvMOfZQ==?=");
  CHECK(header_text("=?UTF-8?B?x?=") != "=?UTF-8?B?x?=");
  CHECK(header_mailbox({"Ada \"the\" \\", "a@b.example"}) == "\"Ada \\\"the\\\" \\\\\" <a@b.example>");
  CHECK(header_mailbox({"", "a@b.example"}) == "a@b.example");
  CHECK(header_mailbox({"Zoë", "a@b.example"}) == "=?UTF-8?B?Wm/Dqw==?= <a@b.example>");
  CHECK(header_date(now) == "Tue, 27 Jan 2026 16:05:09 +0000");
  CHECK(header_date(*parse_rfc3339("2024-02-29T00:00:00Z")) == "Thu, 29 Feb 2024 00:00:00 +0000");
}

TEST_CASE("a long subject is folded into words that no line breaks in two", "[mail]") {
  std::string long_one;
  for (int i = 0; i < 60; ++i) long_one += "日本";
  const auto folded = header_text(long_one);
  std::size_t at = 0, lines = 0;
  while (at < folded.size()) {
    const auto end = std::min(folded.find("\r\n ", at), folded.size());
    const auto line = folded.substr(at, end - at);
    CHECK(line.size() <= 75);
    CHECK(line.starts_with("=?UTF-8?B?"));
    CHECK(line.ends_with("?="));
    ++lines;
    at = end + 3;
  }
  CHECK(lines == 8);
}

TEST_CASE("a mail's Message-ID is the same whenever it is tried", "[mail]") {
  CHECK(message_id("account 1", "stoa.example") == message_id("account 1", "stoa.example"));
  CHECK(message_id("account 1", "stoa.example") != message_id("account 2", "stoa.example"));
  CHECK(message_id("x", "stoa.example").ends_with("@stoa.example>"));
}

TEST_CASE("nothing that would begin another header gets into one", "[mail]") {
  const letter words{"Hello", "text", ""};
  CHECK(compose(us, {"Ada", "ada@example.com"}, words, "1", now));
  for (const auto* bad : {"ada@example.com\r\nBcc: x@y.example", "ada@example.com>,<eve@example.com", "ada", "",
                          "ada@example.com\n", "<ada@example.com>", "a b@example.com"}) {
    INFO(bad);
    const auto composed = compose(us, {"Ada", bad}, words, "1", now);
    REQUIRE(!composed);
    CHECK(composed.refusal().kind == fault_kind::invalid);
    CHECK(composed.refusal().fields.at(0).field == "to");
  }
  for (const auto* bad : {"Ada\r\nBcc: x@y.example", "Ada\n", "Ada\r", "A\tda", "A\x01"}) {
    CHECK(compose(us, {bad, "ada@example.com"}, words, "1", now).refusal().fields.at(0).field == "to_name");
    CHECK(compose(us, {"", "ada@example.com"}, {bad, "text", ""}, "1", now).refusal().fields.at(0).field == "subject");
  }
  CHECK(!compose(us, {"", "ada@example.com"}, {"", "text", ""}, "1", now));
}

TEST_CASE("lines of a mail end as the network wants it", "[mail]") {
  const auto m = compose(us, {"", "ada@example.com"}, {"x", "one\ntwo\r\n\n", "<p>\n"}, "1", now);
  REQUIRE(m);
  CHECK(m.value().text == "one\r\ntwo\r\n\r\n");
  CHECK(m.value().html == "<p>\r\n");
}

TEST_CASE("a mailbox of the settings", "[mail]") {
  CHECK(parse_mailbox("Stoa <no-reply@stoa.example>").value().name == "Stoa");
  CHECK(parse_mailbox("\"Stoa, Inc.\" <no-reply@stoa.example>").value().name == "Stoa, Inc.");
  CHECK(parse_mailbox(" no-reply@stoa.example ").value().address == "no-reply@stoa.example");
  CHECK(parse_mailbox("no-reply@stoa.example").value().host() == "stoa.example");
  for (const auto* bad : {"", "Stoa", "Stoa <>", "Stoa <a@b.example", "a@b.example, c@d.example"})
    CHECK(!parse_mailbox(bad));
}

TEST_CASE("a log shows as much of an address as is needed to find it", "[mail]") {
  CHECK(masked("ada@example.com") == "a***@example.com");
  CHECK(masked("ödön@example.com") == "ö***@example.com");
  CHECK(masked("nobody") == "***");
}

TEST_CASE("what a server says decides whether a mail is tried again", "[mail]") {
  const auto kind = [](int curl, long reply) {
    const auto r = outcome_of(curl, reply, "why");
    return r ? std::string("sent") : r.refusal().kind == fault_kind::rejected ? "dead" : "later";
  };
  CHECK(kind(0, 250) == "sent");
  CHECK(kind(55, 451) == "later");
  CHECK(kind(55, 421) == "later");
  CHECK(kind(55, 550) == "dead");
  CHECK(kind(8, 554) == "dead");
  CHECK(kind(7, 0) == "later");
  CHECK(kind(28, 354) == "later");
  // What an operator can mend loses no mail.
  CHECK(kind(67, 535) == "later");
  CHECK(kind(64, 530) == "later");
  CHECK(kind(55, 530) == "later");
  CHECK(kind(60, 0) == "later");
}
