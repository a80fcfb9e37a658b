# frozen_string_literal: true

# Makes `real.json`: values that Rails and lockbox themselves wrote.
#
# Needs the gem lockbox, and Rails' sources in the folder that RAILS names, with what Active Support
# needs (concurrent-ruby, i18n, tzinfo). Only Active Record's encryption is loaded, and no database.
# Nonces are random, so each run gives other values:
#
#     RAILS=... ruby make.rb > real.json

%w[activesupport activemodel activerecord].each do |part|
  $LOAD_PATH.unshift File.join(ENV.fetch("RAILS"), part, "lib")
end

require "json"
require "logger"
require "stringio"
require "lockbox"
require "active_support"
require "active_support/rails"
require "active_support/core_ext"

module ActiveRecord
  extend ActiveSupport::Autoload
  autoload :Encryption
end

require "active_record/gem_version"

TEXTS = [
  "", "a", "Dune", "Grüße aus Köln, 日本語, 🔑", "x" * 140, "x" * 141, "é" * 100,
  (0..255).to_a.pack("C*"), "\x00\x01\xFF".b, "{\"p\":\"\",\"h\":{}}", "long " * 100,
  "Dünne".encode("ISO-8859-1"), "plain".encode("US-ASCII")
].freeze

def hex(bytes)
  bytes.b.unpack1("H*")
end

def rails
  encryption = ActiveRecord::Encryption
  cases = []
  [OpenSSL::Digest::SHA1, OpenSSL::Digest::SHA256].each do |digest|
    [false, true].each do |references|
      salt = references ? "salt with ü" : "key derivation salt"
      primary = references ? ["old primary key", "new primary key"] : ["primary key"]
      encryption.configure(
        primary_key: primary,
        deterministic_key: "deterministic key",
        key_derivation_salt: salt,
        hash_digest_class: digest,
        store_key_references: references
      )
      providers = {
        "derived" => [encryption::DerivedSecretKeyProvider.new(primary), primary, {}],
        "deterministic" => [
          encryption::DeterministicKeyProvider.new("deterministic key"),
          ["deterministic key"], { deterministic: true }
        ],
        "envelope" => [encryption::EnvelopeEncryptionKeyProvider.new, primary, {}]
      }
      providers.each do |mode, (provider, passwords, options)|
        TEXTS.each do |text|
          value = encryption.encryptor.encrypt(text, key_provider: provider, cipher_options: options)
          # What Rails reads again. Deterministic, that is UTF-8, with marks for what is none.
          opened = encryption.encryptor.decrypt(value, key_provider: provider)

          cases << {
            mode: mode, passwords: passwords, salt: salt,
            hash_digest_class: digest.name.split("::").last,
            other_encoding: opened.encoding == Encoding::ISO_8859_1,
            plaintext: hex(opened), value: value
          }
        end
      end
    end
  end
  cases
end

def lockbox
  cases = []
  [nil, "user 7"].each do |associated|
    [nil, 16, 48].each do |padding|
      [true, false].each do |encode|
        TEXTS.each do |text|
          next if text.empty? && padding.nil?

          master = Lockbox.generate_key
          key = Lockbox.attribute_key(table: "users", attribute: "note_ciphertext", master_key: master)
          box = Lockbox.new(key: key, encode: encode, **(padding ? { padding: padding } : {}))
          value = box.encrypt(text, **(associated ? { associated_data: associated } : {}))
          cases << {
            master_keys: [master], table: "users", column: "note_ciphertext",
            key: key.length == 64 ? key : hex(key), associated_data: hex(associated.to_s),
            padding: padding || 0, binary: !encode, plaintext: hex(text),
            value: encode ? value : hex(value)
          }
        end
      end
    end
  end
  cases
end

versions = { rails: ActiveRecord.gem_version.to_s, lockbox: Lockbox::VERSION, ruby: RUBY_VERSION }
lines = ->(cases) { cases.map { |entry| "  #{JSON.generate(entry)}" }.join(",\n") }
puts "{\n \"versions\": #{JSON.generate(versions)},"
puts " \"rails\": [\n#{lines.call(rails)}\n ],"
puts " \"lockbox\": [\n#{lines.call(lockbox)}\n ]\n}"
