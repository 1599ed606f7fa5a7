#include "runtime/security/normalize.hpp"

#include <catch2/catch.hpp>

#include "stoa/text.hpp"

using namespace stoa;
using namespace stoa::runtime;

namespace {

using text = std::string;

}  // namespace

TEST_CASE("addresses have one form", "[normalize]") {
  CHECK(normalize_email("User@Example.COM") == "user@example.com");
  CHECK(normalize_email("  user@example.com\n") == "user@example.com");
  CHECK(normalize_email("a.b+tag@sub.example.co.uk") == "a.b+tag@sub.example.co.uk");
  // Composed and decomposed, upper and lower, full width.
  CHECK(normalize_email("JOSÉ@example.com") == "josé@example.com");
  CHECK(normalize_email("jose\xCC\x81@example.com") == "josé@example.com");
  CHECK(normalize_email("ｕｓｅｒ＠example.com") == "user@example.com");
  CHECK(normalize_email("STRASSE@example.com") == normalize_email("straße@example.com"));
  CHECK(normalize_email("ΣΊΣΥΦΟΣ@example.com") == normalize_email("σίσυφος@example.com"));
  CHECK(normalize_email("用户@例子.广告") == "用户@例子.广告");
  CHECK(normalize_email("用户@例子。广告") == "用户@例子.广告");
  CHECK(normalize_email("ж@почта") == "ж@почта");
  // Invisible characters do not make another account.
  CHECK(normalize_email("us\xE2\x80\x8B"
                        "er@example.com") == "user@example.com");
}

TEST_CASE("a host in Unicode and in ASCII is one host", "[normalize]") {
  CHECK(normalize_email("x@b\u00FCcher.example") == "x@b\u00FCcher.example");
  CHECK(normalize_email("x@xn--bcher-kva.example") == "x@b\u00FCcher.example");
  CHECK(normalize_email("X@XN--BCHER-KVA.EXAMPLE") == "x@b\u00FCcher.example");
  CHECK(normalize_email("x@mail.xn--bcher-kva.example") == "x@mail.b\u00FCcher.example");
  CHECK(normalize_email("x@xn--r8jz45g.xn--zckzah") == normalize_email("x@\u4F8B\u3048.\u30C6\u30B9\u30C8"));
  // What is no Punycode stays what it is.
  CHECK(normalize_email("x@xn--0.example") == "x@xn--0.example");
  const auto older = older_email_keys("x@b\u00FCcher.example");
  CHECK(older == std::vector<text>{"x@xn--bcher-kva.example"});
  CHECK(older_email_keys("X@xn--bcher-kva.example") == older);
  CHECK(older_email_keys("x@example.com").empty());
  CHECK(older_email_keys("no address").empty());
}

TEST_CASE("an address is shown in the form that is compared, but for case", "[normalize]") {
  for (const text& typed :
       {text{"x@example.com\u00A0"}, text{"\u2003John.Doe@Example.com\u3000"}, text{"us\u200Ber@example.com"},
        text{"\uFF21lice@x\u3002example"}, text{"x@example.com\u200B\u00A0"}, text{"\u2060x@example.com\u2060"},
        text{"x@xn--bcher-kva.example"}}) {
    CAPTURE(typed);
    const auto key = normalize_email(typed);
    REQUIRE(key);
    const auto shown = shown_email(typed);
    CHECK(normalize_email(shown) == key);
    CHECK(shown_email(shown) == shown);
    CHECK(shown.find(' ') == text::npos);
    CHECK(shown.find("\u00A0") == text::npos);
    CHECK(shown.find("\u200B") == text::npos);
  }
  CHECK(shown_email("\u2003John.Doe@Example.com\u3000") == "John.Doe@Example.com");
  CHECK(shown_email("\uFF21lice@x\u3002example") == "Alice@x.example");
}

TEST_CASE("whatever somebody types to sign in has one key", "[normalize]") {
  for (const char* typed : {"alice@x.com", "\u2003alice@x.com", "ALICE@X.COM\u00A0", "alice@x\u3002com",
                            "alice\u200B@x.com", "\uFF41lice@x\uFF0Ecom", "alice@x.com\u200B \u00A0"})
    CHECK(identifier_key(typed) == "alice@x.com");
  for (const char* typed : {"john_doe", " John_DOE\u3000", "john\u2060_doe", "\uFF4Aohn_doe"})
    CHECK(identifier_key(typed) == "john_doe");
  for (const char* typed : {"", "  ", "\u2003", "\u200B", "\xFF"}) CHECK_FALSE(identifier_key(typed));
}

TEST_CASE("a password has one form for all who type the same", "[normalize]") {
  CHECK(normalize_password("pa\u00DFw\u00F6rt") == normalize_password("pa\u00DFwo\u0308rt"));
  CHECK(normalize_password("\u00C5ngstr\u00F6m") == normalize_password("\u212Bngstro\u0308m"));
  // Neither blanks nor case nor compatibility forms are taken from it.
  CHECK(normalize_password(" \uFF21a ") == " \uFF21a ");
  CHECK(normalize_password("\xFF") == "\xFF");
}

TEST_CASE("what is no address is refused", "[normalize]") {
  for (const text& t : {text{},
                        text{" "},
                        text{"user"},
                        text{"user@"},
                        text{"@example.com"},
                        text{"a@b@example.com"},
                        text{"user@localhost"},
                        text{"us er@example.com"},
                        text{"user@exa mple.com"},
                        text{"user@example..com"},
                        text{"user@.example.com"},
                        text{"user@example.com."},
                        text{"user@-example.com"},
                        text{"user@example-.com"},
                        text{".user@example.com"},
                        text{"user.@example.com"},
                        text{"us..er@example.com"},
                        text{"user@exam_ple.com"},
                        text{"user@127.0.0.1"},
                        text{"user@[127.0.0.1]"},
                        text{"\"a b\"@example.com"},
                        text{"user\t@example.com"},
                        text{"user\nbcc:x@example.com"},
                        text("us\0er@example.com", 17),
                        text{"a,b@example.com"},
                        text{"<user@example.com>"},
                        text{"us\xC2\x85"
                             "er@example.com"},
                        text{"us\xC2\xA0"
                             "er@example.com"},
                        text{"us\xFF"
                             "er@example.com"},
                        text(65, 'a') + "@example.com",
                        "a@" + text(250, 'b') + ".com",
                        "a@" + text(64, 'b') + ".com",
                        text(100'000, 'a')}) {
    CAPTURE(t.substr(0, 80));
    CHECK_FALSE(normalize_email(t));
  }
  CHECK(normalize_email(text(64, 'a') + "@example.com"));
  CHECK(normalize_email("a@" + text(63, 'b') + ".com"));
}

TEST_CASE("user names", "[normalize]") {
  CHECK(normalize_username(" john_doe ") == "john_doe");
  CHECK(normalize_username("User@example.com") == "User@example.com");
  CHECK(normalize_username("a.b+c-d_e@f") == "a.b+c-d_e@f");
  CHECK(normalize_username("Ольга") == "Ольга");
  CHECK(normalize_username(text(150, 'a')));
  for (const text& t : {text{}, text{"  "}, text{"john doe"}, text{"a/b"}, text{"a<b"}, text{"a\tb"}, text{"a😀"},
                        text{"a\xFF"}, text(151, 'a')})
    CHECK_FALSE(normalize_username(t));
  CHECK(fold_identifier("John_DOE") == fold_identifier("john_doe"));
  CHECK(fold_identifier("ОЛЬГА") == "ольга");
  CHECK_FALSE(fold_identifier("\xC0\x80"));
}

TEST_CASE("letters that nobody sees name nobody", "[normalize]") {
  for (const char* unseen : {"\u3000", "\u200B", "\u3164", "\u2060", "\u115F\u1160", "\u00AD", "\uFFA0", "\u2800",
                             "\uFEFF", "\u200B \u3164"}) {
    CAPTURE(unseen);
    CHECK(normalize_name(unseen) == "");
    CHECK_FALSE(normalize_username(unseen));
    CHECK_FALSE(shows_something(unseen));
  }
  CHECK(normalize_username("john\u3164") == "john");
  for (const char* seen : {"a", "\u00E9", "\u5C71", "\u200Ba", "\U0001F600", "-"}) CHECK(shows_something(seen));
  // They may stand in a name that shows something: Persian needs them.
  CHECK(normalize_name("\u0645\u06CC\u200C\u0631\u0648\u062F") == "\u0645\u06CC\u200C\u0631\u0648\u062F");
}

TEST_CASE("names", "[normalize]") {
  CHECK(normalize_name("  Ada Lovelace ") == "Ada Lovelace");
  CHECK(normalize_name("\xE3\x80\x80山田 太郎\xC2\xA0") == "山田 太郎");
  CHECK(normalize_name("Jose\xCC\x81") == "José");
  CHECK(normalize_name("O'Brien <b>") == "O'Brien <b>");
  CHECK(normalize_name("   ") == "");
  CHECK(normalize_name(text(150, 'a')));
  CHECK_FALSE(normalize_name(text(151, 'a')));
  CHECK_FALSE(normalize_name("äöü", 2));
  CHECK(normalize_name("äöü", 3) == "äöü");
  CHECK_FALSE(normalize_name("a\nb"));
  CHECK_FALSE(
      normalize_name("a\x7F"
                     "b"));
  CHECK_FALSE(normalize_name(text("a\0b", 3)));
  CHECK_FALSE(normalize_name("\xED\xA0\x80"));
}

TEST_CASE("well-formed UTF-8", "[normalize]") {
  for (const text& t : {text{}, text{"plain text of more than eight bytes"}, text{"äöüß€𝄞"}, text{"\xF4\x8F\xBF\xBF"},
                        text{"\xEF\xBF\xBF"}, text{"aaaaaaa\xC3\xA4"}, text("\0", 1)})
    CHECK(valid_utf8(t));
  for (const text& t :
       {text{"\x80"}, text{"\xC0\x80"}, text{"\xC1\xBF"}, text{"\xC3"}, text{"aaaaaaa\xC3"}, text{"\xE0\x80\x80"},
        text{"\xE0\x9F\xBF"}, text{"\xED\xA0\x80"}, text{"\xF0\x8F\xBF\xBF"}, text{"\xF4\x90\x80\x80"},
        text{"\xF5\x80\x80\x80"}, text{"\xFF"}, text{"\xE2\x82"}, text{"\xE2\x28\xA1"}, text{"aaaaaaaa\xC3(bbbbbbbb"}})
    CHECK_FALSE(valid_utf8(t));
  CHECK(code_points("äöü") == 3);
  CHECK(code_points("a𝄞") == 2);
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("  ").empty());
  CHECK_FALSE(has_control("a b ä"));
  CHECK(has_control("a\nb"));
  CHECK_FALSE(has_control("a\nb", true));
  CHECK(has_control("a\x01", true));
}
