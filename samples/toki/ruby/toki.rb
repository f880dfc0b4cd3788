#!/usr/bin/env ruby
# frozen_string_literal: true

# Toki in Ruby: calls a service with proof in both directions, as docs/toki.md says.
#
# Needs Ruby 3.1 with its openssl gem (Debian: ruby).
#
#     toki.rb call --file shop-1.toki --to pppx-1@127.0.0.1:8400 POST /v1/boxes/list '{}'
#     toki.rb --vectors crates/toki/tests/vectors.json
#     toki.rb legacy    (lines `make KEY TIME`, `check KEY TOKI NOW` ..., with tabs)

require "json"
require "net/http"
require "openssl"
require "securerandom"

# Every derivation, header and covered text.
module Toki
  # What came is not the callee's answer to this request: it must not be used.
  class NotProved < StandardError; end

  # The callee says itself that it does not take this caller's requests.
  class Refused < StandardError; end

  module_function

  # --- bytes -----------------------------------------------------------------------------

  def b64(bytes) = [bytes].pack("m0").tr("+/", "-_").delete("=")
  def unb64(text) = text.tr("-_", "+/").unpack1("m")
  def hex(bytes) = bytes.unpack1("H*")
  def unhex(text) = [text].pack("H*")
  def sha256(data) = OpenSSL::Digest.digest("SHA256", data)
  def hmac(key, *parts) = OpenSSL::HMAC.digest("SHA256", key, parts.map(&:b).join)
  def extract(salt, secret) = hmac(salt, secret)
  def expand(key, *info) = hmac(key, *info, "\x01")
  def named(name) = [name.length].pack("C") + name
  def same?(one, other) = OpenSSL.secure_compare(one, other)

  # --- derivations (docs/toki.md, sections 2 and 4) ----------------------------------------

  def callee_key(root, callee) = expand(root, "ngondo/toki/callee/1", named(callee))
  def caller_key(key, caller) = expand(key, "caller", named(caller))
  def opening(shared_key, session) = extract(session, shared_key)
  def opening_seal_key(opening) = expand(opening, "open")
  def refusal_seal_key(opening) = expand(opening, "err")
  def next_chain_key(chain, nonce) = extract(chain, nonce)
  def request_seal_key(chain) = expand(chain, "c2s")
  def answers_key(chain) = expand(chain, "s2c")
  def answer_key(answers, number, seal) = hmac(answers, "key", [number].pack("Q>"), seal)
  def proof(key) = hmac(key, "proof")[0, 8]
  def seal(key, canon) = hmac(key, canon)[0, 16]

  def first_chain_key(opening, shared, nonce, canon)
    expand(extract(opening, shared || ("\0" * 32)), "gen 1", nonce, sha256(canon))
  end

  # What stands before 32 bytes of X25519 in the forms that OpenSSL reads.
  PRIVATE = ["302e020100300506032b656e04220420"].pack("H*").freeze
  PUBLIC = ["302a300506032b656e032100"].pack("H*").freeze
  # The point from which every public value comes.
  BASE = [9, *([0] * 31)].pack("C*").freeze

  # Raises NotProved where the result would be a constant.
  def agree(secret, other)
    OpenSSL::PKey.read(PRIVATE + secret).derive(OpenSSL::PKey.read(PUBLIC + other))
  rescue OpenSSL::PKey::PKeyError
    raise NotProved, "a public value that gives a constant"
  end

  def share(secret) = agree(secret, BASE)

  # --- what a seal covers (docs/toki.md, section 5) ----------------------------------------

  def canon(*fields)
    fields.map { |it| "#{it.to_s.bytesize}:".b + it.to_s.b + "\n".b }.join
  end

  def request_canon(request, callee, header)
    canon("oscartoki/1 req", *request.values_at(*%w[method target authority content_type]),
          hex(sha256(request["body"])), *request.values_at(*%w[cmd bridge deadline]),
          header["a"], callee, *header.values_at(*%w[k s g n t q p e c x]),
          header["x"] ? request["exporter"] : nil)
  end

  def answer_canon(answer, asked, header)
    canon("oscartoki/1 rsp", *answer.values_at("status", "content_type"),
          hex(sha256(answer["body"])), asked, *header.values_at(*%w[t s g n e r]))
  end

  def refusal_canon(header, toki)
    canon("oscartoki/1 err", *header.values_at("word", "t", "c"), hex(sha256(toki)))
  end

  # --- headers (docs/toki.md, section 3) ---------------------------------------------------

  REQUEST = %w[v k a b s g n t q p e c x m].freeze
  ANSWER = %w[v s g n t e r m].freeze

  def print(fields, names) = names.filter_map { |it| fields[it] && "#{it}=#{fields[it]}" }.join(";")

  NUMBER = /0|[1-9][0-9]{0,15}/
  ANSWER_FORM = /\Av=1;s=(?<s>[\w-]{22});g=(?<g>#{NUMBER});n=(?<n>#{NUMBER});t=(?<t>#{NUMBER})
    (;e=(?<e>[\w-]{43}))?(;r=(?<r>[\w-]{22}))?;m=(?<m>[\w-]{22})\z/x
  REFUSAL_FORM = /\A(?<word>[a-z-]+);t=(?<t>#{NUMBER})(;c=(?<c>[\w-]{22}))?;m=(?<m>[\w-]{22})\z/

  def parse(form, header)
    match = form.match(header.to_s) or raise NotProved, "a header is missing or not of its form"
    match.named_captures
  end

  # --- one caller towards one callee (docs/toki.md, sections 4 and 6) ----------------------

  # What both ends of an open session know.
  class Session
    attr_reader :id, :opened_ms, :chain, :requests, :answers, :generation
    attr_accessor :number, :last

    def initialize(id, chain, opened_ms)
      @id, @opened_ms, @number, @last, @generation = id, opened_ms, 1, [0, nil], 0
      roll(chain)
    end

    def roll(chain)
      @chain, @generation = chain, @generation + 1
      @requests, @answers = Toki.request_seal_key(chain), Toki.answers_key(chain)
    end
  end

  # What checks the answer to one request.
  Ticket = Struct.new(:header, :session, :n, :generation, :secret, :answers, :canon, :seal)

  # Signs requests and checks answers; for one thread.
  class Caller
    REOPEN_MS = 15 * 60_000

    def initialize(name, callee, number, key)
      @name, @callee, @number, @key = name, callee, number, key
    end

    # Reads a principal's file: `caller NAME INSTANCE NUMBER HEX [current]`.
    def self.of(path, callee)
      keys = File.readlines(path).map(&:split)
      keys = keys.select { |it| it[0] == "caller" && it[2] == callee }
      marked = keys.select { |it| it[5] == "current" }
      current = marked.empty? ? keys : marked
      raise "#{path}: no current key for #{callee}" unless current.length == 1

      _, name, _, number, key = current[0]
      new(name, callee, number, Toki.unhex(key))
    end

    def sign(request, now_ms)
      @session = nil if @session && @session.opened_ms + REOPEN_MS <= now_ms
      fields = { "v" => 1, "k" => @number, "a" => @name, "b" => @callee }
      fields["t"] = now_ms + (@offset_ms || 0)
      key, ticket = @session ? within(fields) : open(fields)
      fields.update("s" => Toki.b64(ticket.session), "g" => ticket.generation, "n" => ticket.n)
      ticket.canon = Toki.request_canon(request, @callee, fields)
      fields["m"] = ticket.seal = Toki.b64(Toki.seal(key, ticket.canon))
      ticket.header = Toki.print(fields, REQUEST)
      ticket
    end

    # Checks `oscartoki` and `oscartokikey` of an answer; raises NotProved.
    def verify(ticket, toki, given, answer, now_ms)
      header = Toki.parse(ANSWER_FORM, toki)
      fresh = check(ticket, header, now_ms)
      answers = fresh ? fresh.answers : ticket.answers
      key = Toki.answer_key(answers, ticket.n, Toki.unb64(ticket.seal))
      made = Toki.b64(Toki.seal(key, Toki.answer_canon(answer, ticket.seal, header)))
      proof = Toki.b64(Toki.proof(key))
      unless Toki.same?(made, header["m"]) & Toki.same?(proof, given.to_s)
        raise NotProved, "the seal or the proof is not the callee's"
      end

      hear(header["t"].to_i - now_ms)
      @session, @boot = fresh, nil if fresh
      go_on(ticket, header, proof) if @session && @session.id == ticket.session
    end

    # Mends what a sealed refusal names; then the same request may be signed anew.
    def refused(ticket, error, now_ms)
      header = Toki.parse(REFUSAL_FORM, error)
      key = Toki.refusal_seal_key(Toki.opening(@key, ticket.session))
      made = Toki.b64(Toki.seal(key, Toki.refusal_canon(header, ticket.header)))
      raise NotProved, "a refusal that is not the callee's" unless Toki.same?(made, header["m"])

      @offset_ms, @boot = header["t"].to_i - now_ms, header["c"]
      case header["word"]
      when "unknown-session", "replayed", "bad-chain" then @session = nil
      when "stale", "bad-seal" then nil
      else raise Refused, header["word"]
      end
    end

    private

    def within(fields)
      held = @session
      held.number += 1
      fields.update("q" => held.last[0], "p" => held.last[1])
      [held.requests, Ticket.new(nil, held.id, held.number, held.generation, nil, held.answers)]
    end

    def open(fields)
      id, secret = SecureRandom.bytes(16), SecureRandom.bytes(32)
      fields.update("e" => Toki.b64(Toki.share(secret)), "c" => @boot)
      key = Toki.opening_seal_key(Toki.opening(@key, id))
      [key, Ticket.new(nil, id, 1, 0, secret)]
    end

    # Whether an answer is to this request; the session that it begins, where it opens one.
    def check(ticket, header, now_ms)
      unless header["s"] == Toki.b64(ticket.session) && header["n"].to_i == ticket.n
        raise NotProved, "this answers another request"
      end

      opens = ticket.generation.zero?
      unless header["g"].to_i == [ticket.generation, 1].max && opens == !header["e"].nil?
        raise NotProved, "this answers another generation"
      end
      return unless opens
      raise NotProved, "an opening without its nonce" unless header["r"]

      shared = Toki.agree(ticket.secret, Toki.unb64(header["e"]))
      opening = Toki.opening(@key, ticket.session)
      chain = Toki.first_chain_key(opening, shared, Toki.unb64(header["r"]), ticket.canon)
      Session.new(ticket.session, chain, now_ms)
    end

    # Keeps the newest proof, and moves to the generation that the answer offers.
    def go_on(ticket, header, proof)
      held = @session
      held.last = [ticket.n, proof] if held.last[0] < ticket.n
      return if ticket.generation.zero? || held.generation != ticket.generation || !header["r"]

      held.roll(Toki.next_chain_key(held.chain, Toki.unb64(header["r"])))
    end

    # Follows the callee's clock, an eighth of the way at a time.
    def hear(heard_ms)
      @offset_ms ||= heard_ms
      @offset_ms += (heard_ms - @offset_ms) / 8
    end
  end

  # --- over HTTP ---------------------------------------------------------------------------

  # Calls one service over one connection.
  class Client
    AGAIN = 2

    def initialize(caller, address)
      @caller, @address = caller, address
      host, port = address.split(/:(?=\d+\z)/)
      @http = Net::HTTP.new(host, port.to_i)
      @http.open_timeout = @http.read_timeout = 10
      # Ruby would send a request again as it is, and a toki passes once.
      @http.max_retries = 0
    end

    # Status, body and ticket of an answer that is proved; raises NotProved or Refused.
    def call(method, target, body, content_type = "application/json")
      covered = { "method" => method, "target" => target, "authority" => @address, "body" => body,
                  "content_type" => body.empty? ? "" : content_type, "cmd" => command(target) }
      @http.start unless @http.started?
      word = nil
      (AGAIN + 1).times do
        ticket = @caller.sign(covered, now_ms)
        got = send(covered, ticket.header)
        word = got["oscartoki-error"]
        return proved(ticket, got) unless got.code == "401" && word

        @caller.refused(ticket, word, now_ms)
      end
      raise Refused, word.split(";")[0]
    end

    private

    def now_ms = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)

    # The noun and verb of a path of management; a document says its own.
    def command(target)
      path = target.split("?")[0]
      path.start_with?("/v1/") ? path.delete_prefix("/v1/") : ""
    end

    def send(covered, toki)
      headers = { "host" => @address, "oscartoki" => toki, "accept-encoding" => "identity" }
      headers["content-type"] = covered["content_type"] unless covered["body"].empty?
      body = covered["body"].empty? ? nil : covered["body"]
      @http.send_request(covered["method"], covered["target"], body, headers)
    end

    def proved(ticket, got)
      answer = { "status" => got.code, "content_type" => got["content-type"], "body" => got.body }
      @caller.verify(ticket, got["oscartoki"], got["oscartokikey"], answer, now_ms)
      [got.code, got.body, ticket]
    end
  end

  # --- the original form (docs/toki.md, section 8) -----------------------------------------

  FULL = ->(text) { hex(sha256(text)) }
  JAVA = ->(text) { FULL.call(text).sub(/\A0{0,32}/, "") }

  def legacy_core(key, time, print = FULL) = print.(print.("#{key} - #{time} - #{key}"))

  def legacy_toki(key, time, print = FULL)
    blur = print.("#{time}Brouillage de piste")[0, 15]
    [time.reverse, legacy_core(key, time, print).reverse, blur].join("|")
  end

  def legacy_key(key, toki, time, print = FULL)
    "#{print.(print.(time + print.(toki) + key))}o_o#{time.reverse}"
  end

  # One line of `legacy`: what a client of the original would do.
  def legacy(verb, key, one, two = nil)
    case verb
    when "make" then legacy_toki(key, one)
    when "make-key" then legacy_key(key, one, two[0, 7])
    when "check"
      time, core = one.split("|").map(&:reverse)
      fresh = (two.to_i / 10_000) - (time.to_i / 10_000) <= 3
      fresh && same?(core, legacy_core(key, time)) ? "good" : "bad"
    else same?(two, legacy_key(key, one, two.split("o_o")[1].reverse)) ? "good" : "bad"
    end
  end

  # --- the vectors -------------------------------------------------------------------------

  # Compares, and counts.
  class Check
    include Toki

    attr_reader :count, :wrong

    def initialize
      @count = @wrong = 0
    end

    def same(name, ours, theirs)
      @count += 1
      return if ours.b == theirs.b

      @wrong += 1
      warn "#{name}: ours #{ours}, the vector #{theirs}"
    end

    def all(every)
      callee = callee_key(unhex(every["root"]), every["callee"])
      same("callee_key", hex(callee), every["callee_key"])
      shared = caller_key(callee, every["caller"])
      same("caller_key", hex(shared), every["caller_key"])
      %w[opening opening_after_start opening_without_x25519].each { |it| opened(it, every, shared) }
      first = unhex(every["opening"]["generation"]["chain"])
      exchange("within", every, request_seal_key(first), first)
      second = next_chain_key(first, unhex(every["roll"]))
      generation("second_generation", second, every["second_generation"])
      exchange("rolled", every, request_seal_key(second), second)
      every["refusals"].each { |it| refusal(it, unhex(every["opening"]["refusal_seal_key"])) }
      every["legacy"].each { |it| originals(it) }
    end

    private

    def opened(name, every, shared_key)
      it = every[name]
      secret = opening(shared_key, unhex(it["session"]))
      same("#{name} opening", hex(secret), it["opening"])
      same("#{name} opening_seal_key", hex(opening_seal_key(secret)), it["opening_seal_key"])
      same("#{name} refusal_seal_key", hex(refusal_seal_key(secret)), it["refusal_seal_key"])
      shared = it["secret"] && exchanged(name, it)
      chain = first_chain_key(secret, shared, unhex(it["nonce"]), it["canon"])
      generation(name, chain, it["generation"])
      exchange(name, every, opening_seal_key(secret), chain)
    end

    def exchanged(name, it)
      own, other = unhex(it["secret"]), share(unhex(it["callee_secret"]))
      same("#{name} e", b64(share(own)), fields(it["toki"])["e"])
      same("#{name} answer's e", b64(other), fields(it["answer_toki"])["e"])
      shared = agree(own, other)
      same("#{name} shared", hex(shared), it["shared"])
      shared
    end

    def generation(name, chain, it)
      same("#{name} chain", hex(chain), it["chain"])
      same("#{name} requests", hex(request_seal_key(chain)), it["requests"])
      same("#{name} answers", hex(answers_key(chain)), it["answers"])
    end

    def exchange(name, every, requests, chain)
      it = every[name]
      asked = fields(it["toki"])
      covered = request_canon(it["request"], every["callee"], asked)
      same("#{name} canon", covered, it["canon"])
      asked["m"] = b64(seal(requests, covered))
      same("#{name} toki", print(asked, REQUEST), it["toki"])
      key = answer_key(answers_key(chain), asked["n"].to_i, unb64(asked["m"]))
      same("#{name} answer_key", hex(key), it["answer_key"])
      same("#{name} oscartokikey", b64(proof(key)), it["oscartokikey"])
      answered(name, it, asked["m"], key)
    end

    def answered(name, it, asked, key)
      header = fields(it["answer_toki"])
      covered = answer_canon(it["answer"], asked, header)
      same("#{name} answer_canon", covered, it["answer_canon"])
      header["m"] = b64(seal(key, covered))
      same("#{name} answer_toki", print(header, ANSWER), it["answer_toki"])
    end

    def refusal(it, key)
      header = parse(REFUSAL_FORM, it["header"])
      covered = refusal_canon(header, it["toki"])
      same("refusal canon", covered, it["canon"])
      header["m"] = b64(seal(key, covered))
      same("refusal", "#{header["word"]};#{print(header, %w[t c m])}", it["header"])
    end

    def originals(it)
      key, time, toki = it.values_at("key", "time", "toki")
      python = it["python"].split("|")[0].reverse
      same("legacy toki", legacy_toki(key, time), toki)
      same("legacy java", legacy_toki(key, time, JAVA), it["java"])
      same("legacy python", legacy_toki(key, python), it["python"])
      same("legacy key", legacy_key(key, toki, time[0, 7]), it["oscartokikey"])
      same("legacy java_key", legacy_key(key, toki, time[0, 7], JAVA), it["java_key"])
    end

    def fields(header) = header.split(";").to_h { |it| it.split("=", 2) }
  end
end

# --- the command line --------------------------------------------------------------------------

def call(words)
  options = { "--times" => "2" }
  options.store(*words.shift(2)) while words[0].start_with?("--")
  callee, address = options["--to"].split("@")
  client = Toki::Client.new(Toki::Caller.of(options["--file"], callee), address)
  method, target, body = words
  1.upto(options["--times"].to_i) do |number|
    status, said, ticket = client.call(method, target, body.to_s)
    how = ticket.generation.zero? ? "opening" : "in generation #{ticket.generation}"
    puts "#{number}: #{status}, proved, #{how}", said
  end
  0
rescue Toki::NotProved => e
  warn "not proved: #{e.message}"
  1
rescue Toki::Refused => e
  warn "refused: #{e.message}"
  2
rescue SystemCallError, IOError, Timeout::Error => e
  warn "no answer: #{e.message}"
  3
end

def vectors(path)
  check = Toki::Check.new
  check.all(JSON.parse(File.read(path)))
  puts "#{check.count} checked, #{check.wrong} differ"
  check.wrong.zero? ? 0 : 1
end

def main(words)
  return call(words.drop(1)) if words[0] == "call" && words.length >= 7
  return vectors(words[1]) if words[0] == "--vectors" && words.length == 2

  if words == ["legacy"]
    $stdin.each_line(chomp: true) { |line| puts Toki.legacy(*line.split("\t")) }
    return 0
  end
  warn File.readlines(__FILE__)[4..10].map { |it| it.delete_prefix("#").strip }
  64
end

exit main(ARGV) if $PROGRAM_NAME == __FILE__
