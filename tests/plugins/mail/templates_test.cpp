#include <catch2/catch.hpp>

#include <fstream>

#include "plugins/mail/templates.hpp"
#include "stoa/settings.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::mail;

namespace {

std::vector<mail_variable> some(std::initializer_list<std::pair<const char*, const char*>> all) {
  std::vector<mail_variable> out;
  for (const auto& [name, value] : all) out.push_back({name, value});
  return out;
}

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("a template takes its variables, escaped in HTML and nowhere else", "[mail]") {
  const auto t = parse_template("Subject: For {{ name }}\n\nHello {{name}}, see {{link}}.\n",
                                "<a href=\"{{link}}\">{{name}}</a>", "t");
  const auto words = fill(t, some({{"name", "<b>\"O'Neil\" & co</b>"}, {"link", "https://a.example/?x=1&y=2"}}));
  REQUIRE(words);
  CHECK(words.value().subject == "For <b>\"O'Neil\" & co</b>");
  CHECK(words.value().text == "Hello <b>\"O'Neil\" & co</b>, see https://a.example/?x=1&y=2.\n");
  CHECK(words.value().html ==
        "<a href=\"https://a.example/?x=1&amp;y=2\">&lt;b&gt;&quot;O&#39;Neil&quot; &amp; co&lt;/b&gt;</a>");
}

TEST_CASE("a value that looks like a variable is none", "[mail]") {
  const auto t = parse_template("Subject: x\n\n{{name}} {{link}}", std::nullopt, "t");
  const auto words = fill(t, some({{"name", "{{link}}"}, {"link", "here"}}));
  REQUIRE(words);
  CHECK(words.value().text == "{{link}} here");
  CHECK(words.value().html.empty());
}

TEST_CASE("a variable that is missing is named", "[mail]") {
  for (const auto* where : {"Subject: {{name}}\n\nx", "Subject: x\n\n{{name}}"}) {
    const auto words = fill(parse_template(where, std::nullopt, "t"), some({{"link", "x"}}));
    REQUIRE(!words);
    CHECK(words.refusal().kind == fault_kind::invalid);
    CHECK(words.refusal().fields.at(0).message.find("name") != std::string::npos);
  }
  CHECK(!fill(parse_template("Subject: x\n\nx", "{{name}}", "t"), {}));
}

TEST_CASE("a template that cannot be read says where", "[mail]") {
  const auto complaint = [](const char* text) -> std::string {
    try {
      parse_template(text, std::nullopt, "mails/t");
    } catch (const settings_error& e) {
      return e.what();
    }
    return "";
  };
  CHECK(complaint("Hello") == "mails/t.txt:1: expected `Subject: ...`");
  CHECK(complaint("Subject: \n\nHello") == "mails/t.txt:1: expected `Subject: ...`");
  CHECK(complaint("Subject: x\n\none\ntwo {{name").find(": {{ without }}") != std::string::npos);
  CHECK(complaint("Subject: x\n\none\ntwo {{na me}}").find("the name of a variable") != std::string::npos);
  CHECK(complaint("Subject: x\n\none\ntwo {{}}").find("the name of a variable") != std::string::npos);
}

TEST_CASE("an operator's template goes before the plugin's own", "[mail]") {
  templates known;
  read_templates(STOA_SOURCE_DIR "/plugins/mail/templates", known);
  for (const auto* name : {"password_reset", "verify_email", "notification"}) {
    REQUIRE(known.count(name) == 1);
    CHECK(known.at(name).html);
  }
  temp_dir own;
  write(own.path() / "verify_email.txt", "Subject: Bienvenue\n\n{{link}}\n");
  read_templates(own.path(), known);
  const auto words = fill(known.at("verify_email"), some({{"link", "https://a.example"}}));
  REQUIRE(words);
  CHECK(words.value().subject == "Bienvenue");
  CHECK(words.value().html.empty());
  CHECK(known.at("password_reset").html);
  CHECK_THROWS_AS(read_templates(own.path() / "nowhere", known), settings_error);
  write(own.path() / "bad.txt", "Subject: \xff\n\nx");
  CHECK_THROWS_AS(read_templates(own.path(), known), settings_error);
}
