"""Hosts of search engines, social networks and AI assistants: plain facts, sorted.

What stands in no table is a site like any other. Nothing here decides.

Written by hand on 2026-11-22, and added to on 2026-11-26 (networks under every country's suffix,
redirectors, apps), beside Matomo's lists, which are in the public domain (the Unlicense):
https://github.com/matomo-org/searchengine-and-social-list. Of the hosts of search engines nine in
ten stand there, of networks two in three, of assistants one in three; the others are newer or were
missing. tests/pipeline/fields/test_referrer.py compares with all three lists: of theirs one in a
hundred may be missing here. To bring it up to date, run that test against their newest version, and
add what it names.
"""

from quietclicks.schemas.pseudonymised import SourceClass

# These and every host below them.
ASSISTANTS = frozenset(
    """
    ai.baidu.com aistudio.google.com andisearch.com app.jasper.ai app.writesonic.com
    bard.google.com character.ai chat-gpt.org chat.baidu.com chat.com chat.deepseek.com
    chat.inceptionlabs.ai chat.minimax.io chat.mistral.ai chat.openai.com chat.qwen.ai
    chat.reka.ai chat.z.ai chatglm.cn chatgot.io chatgpt.com chatplus.com claude.ai claude.com
    consensus.app copilot.cloud.microsoft copilot.com copilot.microsoft.com coze.com deepai.org
    deepseek.com doubao.com duck.ai edgeservices.bing.com elicit.com felo.ai gab.ai
    gemini.google.com genspark.ai giga.chat grok.com hix.ai hunyuan.tencent.com iask.ai
    julius.ai kimi.ai kimi.com kimi.moonshot.cn komo.ai labs.openai.com liner.com lmarena.ai
    lumo.proton.me m365.cloud.microsoft manus.im merlin.foyer.work meta.ai metaso.cn monica.im
    notebooklm.google.com openevidence.com openrouter.ai perplexity.ai phind.com pi.ai poe.com
    qianwen.com qwen.ai scira.ai sider.ai stepfun.com t3.chat tongyi.aliyun.com tongyi.com
    venice.ai xinghuo.xfyun.cn xinghuo.xfyun.com yiyan.baidu.com you.com yuanbao.tencent.com
    """.split()
)

# These and every host below them. Redirectors and short links are among them.
SOCIALS = frozenset(
    """
    9gag.com ameblo.jp askubuntu.com badoo.com band.us bebo.com behance.net bereal.com
    bilibili.com bitcoinhackers.org blackplanet.com blog.naver.com botsin.space bsky.app
    bsky.social buzznet.com c.im cafe.naver.com channels.weixin.qq.com chaos.social
    classmates.com clubhouse.com cybre.space dailymotion.com deviantart.com discord.com
    discord.gg discordapp.com douban.com douyin.com douyu.com dribbble.com dzen.ru facebook.com
    fb.com fb.me fb.watch fetlife.com flickr.com flipboard.com flixster.com fosstodon.org
    fotolog.com foursquare.com friends.nico friendsreunited.com friendster.com front-end.social
    gab.com gaiaonline.com gate.sc geni.com gettr.com github.com global.cyworld.com
    goodreads.com graphics.social gree.jp gutefrage.net habbo.com hachyderm.io hi5.com huya.com
    hyves.nl identi.ca imgur.com indieweb.social infosec.exchange instagr.am instagram.com
    joinmastodon.org kakao.com kbin.social kick.com knzk.me kuaishou.com kununu.com lang-8.com
    last.fm lemmy.ml lemmy.world letterboxd.com line.me linkedin.cn linkedin.com livejournal.com
    livejournal.ru lnkd.in lobste.rs login.live.com login.tagged.com m.me maimai.cn mamot.fr
    mas.to masto.ai mastodon.art mastodon.at mastodon.cloud mastodon.de mastodon.eus
    mastodon.green mastodon.ie mastodon.jalgi.eus mastodon.nz mastodon.online mastodon.scot
    mastodon.sdf.org mastodon.social mastodon.technology mastodon.uno mastodon.world
    mastodon.xyz mastodonapp.uk mastodont.cat mathstodon.xyz meinvz.net messenger.com
    metapixl.com mewe.com minds.com missevan.com mixi.jp moikrug.ru mp.weixin.qq.com mstdn.io
    mstdn.jp mstdn.party mstdn.social multiply.com my.mail.ru myheritage.com mylife.ru
    myspace.com myyearbook.com naver.me netlog.com news.ycombinator.com newsie.social
    nicovideo.jp nk.pl odnoklassniki.ru odysee.com ohai.social ok.ru open.weixin.qq.com
    orkut.com parler.com pawoo.net peepeth.com pin.it pix.toot.wales pixelfed.de pixelfed.social
    pixelfed.uno pixey.org pixiv.net plaxo.com plus.google.com producthunt.com pxlmo.com
    quey.org quora.com qzone.qq.com ravelry.com redd.it reddit.com redditmail.com renren.com
    ro-mastodon.puyo.jp rumble.com serverfault.com sfba.social skyfeed.app skyrock.com
    slashdot.org snapchat.com social.tchncs.de social.vivaldi.net sonico.com soundcloud.com
    sourceforge.net stackexchange.com stackoverflow.com steamcommunity.com strava.com
    studivz.net stumbleupon.com superuser.com t.cn t.co t.me t.umblr.com tapatalk.com
    taringa.net techhub.social telegram.me telegram.org threads.com threads.net tiktok.com
    tiktokv.com tkm.eus toot.community toutiao.com troet.cafe truthsocial.com tuenti.com
    tumblr.com twitcasting.tv twitch.tv twitter.com typo.social universeodon.com untappd.com
    url.google.com v2ex.com vero.co viadeo.com viber.com vimeo.com vis.social vk.com vk.ru
    vkontakte.ru vkrugudruzei.ru vkvideo.ru wa.me wayn.com web.telegram.org wechat.com
    weeworld.com weibo.cn weibo.com whatsapp.com wl.co workplace.com x.com xanga.com
    xiaohongshu.com xing.com youtu.be youtube-nocookie.com youtube.com zhihu.com
    """.split()
)

# Search engines that are nothing else: these and every host below them.
ENGINES = frozenset(
    """
    abacho.com altavista.com aolsearch.com ask.com bing.com darkoogle.com duckduckgo.com
    ecosia.org forestle.org gigablast.com hit-parade.com images.yahoo.com inspsearch.com
    ixquick.com ixquick.de kagi.com metacrawler.de metager.de metager.org mojeek.com
    mysearch.com mysearch.myway.com presearch.com qbyrd.com qwant.com search-results.com
    search.aol.com search.conduit.com search.goo.ne.jp search.yahoo.co.jp search.yahoo.com
    searchlock.com setooz.com sm.cn so.com sogou.com startpage.com swisscows.com toppreise.ch
    wow.com yandex.search zapmeta.com
    """.split()
)

# Social networks that have a host under many public suffixes: the registered name.
SOCIALS_ANYWHERE = frozenset({"lastfm", "nextdoor", "pinterest"})

# Search engines that have a host under many public suffixes: what stands before the suffix.
ENGINES_ANYWHERE = frozenset(
    """
    123people altavista blogsearch.google clck.yandex cse.google encrypted.google gogole googel
    google gppgle images.google images.yandex lens.google lycos maps.google news.google
    scholar.google shopping.google translate.google video.google wwwgoogle yabs.yandex yandex
    zapmeta zapmetasearch
    """.split()
)

# Search hosts of companies that do other things as well: these only, and their www. and m.
SEARCH_HOSTS = frozenset(
    """
    1.cz 118700.se 1881.no 4get.ca abacho.at abacho.ch abacho.co.uk abacho.de abacho.es
    abacho.fr abacho.it abcsok.no acoon.de alexa.com alicesuche.aol.de alicesuchet.aol.de all.by
    allaverksamheter.se allesklar.at allesklar.ch allesklar.de alltheinternet.com alltheweb.com
    alohafind.com altavista.de altavista.fr aolbusqueda.aol.com.mx aolimages.aol.fr
    aolrecherche.aol.fr aolrecherches.aol.fr aolsearch.aol.co.uk aolsearch.aol.com apollo7.de
    arama.com arcor.de ariadna.elmundo.es arianna.com arianna.libero.it ask.co.uk
    ask.reference.com askkids.com baidu.co.th baidu.com benefind.de blekko.com blogdigger.com
    blogpulse.com blogs.icerocket.com brisbane.t-online.de busca.orange.es busca.uol.com.br
    buscador.terra.cl buscador.terra.com.br buscador.terra.es cade.yahoo.com cc.bingj.com
    cercato.it cgi.search.biglobe.ne.jp cgi2.nintendo.co.jp charter.net chercherfr.aguea.com
    claro-search.com coccoc.com crawler.com cuil.com daemon-search.com dasoertliche.de
    delta-search.com digg.com dizionario.it.msn.com dmoz.org dogpile.com
    duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion editors.dmoz.org ekoru.org
    en.wedoo.com enciclopedia.it.msn.com encrypted.google.com eniro.se entireweb.com eo.st
    epicsearch.in es.wedoo.com eurip.com euroseek.com everyclick.com exalead.com exalead.fr
    excite.co.jp extern.peoplecheck.de fastbrowsersearch.com fastweb.it find.tdc.dk
    find.web.aol.com findhurtig.dk fireball.com fireball.de firstsfind.com fixsuche.de flix.de
    forestle.mobi foretag.118700.se fr.dir.com fr.wedoo.com fr2.rpmfind.net freespoke.com
    friendfeed.com gais.cs.ccu.edu.tw geona.net gfsoso.com ghostery.com gibiru.com gnadenmeer.de
    go.google.com go.mail.ru gomeo.com google.interia.pl googlesyndicatedsearch.com
    gooofullsearch.com goyellow.de gulesider.no haosou.com highbeam.com hledani.tiscali.cz
    holmes.ge home.kingsoft.jp home.speedbit.com hooseek.com hotbot.com icq.com ilse.nl
    image.baidu.com image.search.smt.docomo.ne.jp images.search.biglobe.ne.jp info.com
    infospace.com ipv6.google.com isearch.avg.com isearch.babylon.com isearch.glarysoft.com
    isodelen.se it.luna.tv jp.hao123.com jungle-spider.de junglekey.com junglekey.fr
    juniorsafesearch.com jwsearch.jword.jp jyxo.1188.cz k9safesearch.com kadaza.com
    karmasearch.org kataweb.it kensaq.com ko.search.need2find.com kvasir.no kwzf.net laban.vn
    latne.lv lemoteur.fr lemoteur.ke.voila.fr lemoteur.orange.fr lens.google leta.mullvad.net
    lilo.org lo.st localmoxie.com lookany.com looksmart.com maailm.com mamma.com
    mamma75.mamma.com meinestadt.de meta.rrzn.uni-hannover.de meta.ua metacrawler.com
    metager2.de mister-wong.com mister-wong.de mobile.virgilio.it monstercrawler.com
    monumentbrowser.com morfeo.centrum.cz mozbot.co.uk mozbot.com mozbot.fr msnbc.msn.com
    msxml.excite.com my.daemon-search.com myprivatesearch.com najdi.si naver.com
    navigationshilfe.t-online.de neti.ee netlavis.azione.jp news.baidu.com nigma.ru
    nova.rambler.ru o2suche.aol.de oceanhero.today ocnsearch.goo.ne.jp one.cn.yahoo.com
    online.no only-search.com optuszoo.com.au otsing.delfi.ee p.zhongsou.com paperball.de
    pesquisa.clix.pt pesquisa.sapo.pt petalsearch.com picsearch.com plazoo.com plusnetwork.com
    poisk.ru presearch.org privacywall.org qualigo.at qualigo.ch qualigo.de qualigo.nl
    quendu.com recherche.aol.ca recherche.aol.fr recherche.francite.com rechercher.aliceadsl.fr
    ricerca.virgilio.it ricercaimmagini.virgilio.it ricercanews.virgilio.it
    ricercavideo.virgilio.it riksdelen.se rpmfind.net safesearch.avira.com scour.com
    search-dyn.tiscali.it search-intl.netscape.com search.1und1.de search.abv.bg search.alot.com
    search.aol.co.uk search.aol.it search.auone.jp search.avast.com search.avg.com
    search.avira.com search.avira.net search.azby.fmworld.net search.b1.org search.babylon.com
    search.bluewin.ch search.brave.com search.bt.com search.centrum.cz search.ch
    search.chatzum.com search.chedot.com search.com search.comcast.net search.daum.net
    search.disconnect.me search.dolphin-browser.jp search.earthlink.net search.excite.co.uk
    search.excite.de search.excite.es search.excite.fr search.excite.it search.excite.nl
    search.f-secure.com search.fbdownloader.com search.fooooo.com search.foxtab.com
    search.free.fr search.freecause.com search.frontier.com search.genieo.com search.gmx.com
    search.handycafe.com search.hiyo.com search.hp.my.aol.com.au search.hp.my.aol.de
    search.hp.my.aol.it search.icq.com search.imesh.com search.iminent.com search.incredibar.com
    search.incredimail.com search.juno.com search.ke.voila.fr search.kiwee.com
    search.leonardo.it search.lilo.org search.lookseek.com search.lycos.com search.magentic.com
    search.marginalia.nu search.myway.com search.mywebsearch.com search.nan.so search.nate.com
    search.naver.com search.nifty.com search.offerbox.com search.peoplepc.com search.qip.ru
    search.rr.com search.searchcompletion.com search.seesaa.jp search.seznam.cz search.sky.com
    search.smartaddressbar.com search.smartshopping.com search.smt.docomo.ne.jp search.snap.do
    search.softonic.com search.sweetim.com search.tiscali.it search.toolbars.alexa.com
    search.trustnav.com search.v9.com search.vindex.nl search.walla.co.il
    search.webssearches.com search.winamp.com search.www.ee search.xfinity.com search.yam.com
    search.yippy.com search.zonealarm.com search.zum.com search1-1.free.fr search1-2.free.fr
    search1.incredimail.com search2.incredimail.com search3.incredimail.com
    search4.incredimail.com searchalot.com searchassist.babylon.com searchatlas.centrum.cz
    searchcanvas.com searches.f-secure.com searches.safehomepage.com searches.vi-view.com
    searches3.globososo.com searchmobileonline.com searchqu.com searchresults.verizon.com
    searchservice.myspace.com searchy.co.uk searchya.com searx.be sharelook.fr skynet.be
    sm.aport.ru sm.de smart.delfi.lv so-net.ne.jp so.360.cn soso.com sou.com
    sp-image.search.auone.jp sp-search.auone.jp sp-web.search.auone.jp sputnik.ru
    start.facemoods.com start.funmoods.com start.iplay.com start.lenovo.com startab.me
    startgoogle.startpagina.nl startpagel6srwcjlue4zgq3zevrujfaow726kjytqbbjyrswwmjzcqd.onion
    startsiden.no stract.com suche.1und1.de suche.aol.de suche.aolsvc.de suche.freenet.de
    suche.gmx.net suche.info suche.t-online.de suche.web.de sucheaol.aol.de suchet2.aol.de
    suchmaschine.com suchnase.de surfcanyon.com swiggle.org.uk syndicatedsearch.goog
    szukaj.onet.pl szukaj.wp.pl talimba.com talktalk.co.uk tarmot.com tattoodle.com
    technorati.com teoma.com tieba.baidu.com tixuma.de toile.com toolbarhome.com torry.io
    translate.google.com trouvez.com trovarapido.com trusted-search.com tusksearch.com
    twingly.com url.org verden.abcsok.no videa.seznam.cz video.google.com video.so-net.ne.jp
    videosearch.nifty.com vinden.nl vindex.nl vshare.toolbarhome.com vuhuv.com walhello.com
    walhello.de walhello.info walhello.nl wap.baidu.com web.canoe.ca web.nl web.toile.com
    web.volny.cz webben.118700.se webcache.googleusercontent.com webcrawler.com webfetch.com
    weborama.fr websearch.com websearch.cs.com websearch.rakuten.co.jp wiby.me witch.de
    woopie.jp wsdsold.infospace.com www1.austronaut.at www1.baidu.com www1.dastelefonbuch.de
    www1.delta-search.com www2.austronaut.at www2.dasoertliche.de www2.google.com www2.inbox.com
    www3.zoek.nl x-recherche.com ya.ru yandex.eu yasni.at yasni.ch yasni.co.uk yasni.com
    yasni.de yatedo.com yatedo.fr yellowmap.de yep.com yongzin.com yougoo.fr ys.mirostart.com
    zhidao.baidu.com zoeken.nl zoohoo.cz zoznam.sk zxuso.com
    """.split()
)

# Where the host does not decide: host and the beginning of the path → class.
PATHS: dict[str, tuple[tuple[str, SourceClass], ...]] = {
    "apollo.lv": (("/portal/search", "search"),),
    "bing.com": (("/chat", "ai"), ("/copilotsearch", "ai")),
    "huggingface.co": (("/chat", "ai"),),
    "kagi.com": (("/assistant", "ai"),),
    "twitter.com": (("/i/grok", "ai"),),
    "x.com": (("/i/grok", "ai"),),
}

# Android apps whose package name, read backwards, is not the host of their service.
APPS = {
    "ai.x.grok": "grok.com",
    "com.anthropic.claude": "claude.ai",
    "com.baidu.searchbox": "baidu.com",
    "com.ecosia.android": "ecosia.org",
    "com.google.android.apps.bard": "gemini.google.com",
    "com.google.android.apps.googleassistant": "google.com",
    "com.google.android.apps.magazines": "news.google.com",
    "com.google.android.apps.maps": "maps.google.com",
    "com.google.android.apps.plus": "plus.google.com",
    "com.google.android.apps.searchlite": "google.com",
    "com.google.android.apps.youtube": "youtube.com",
    "com.google.android.gm": "mail.google.com",
    "com.google.android.gm.lite": "mail.google.com",
    "com.google.android.googlequicksearchbox": "google.com",
    "com.google.android.youtube": "youtube.com",
    "com.instagram.barcelona": "threads.com",
    "com.larus.nova": "doubao.com",
    "com.microsoft.bing": "bing.com",
    "com.microsoft.copilot": "copilot.microsoft.com",
    "com.moonshot.kimichat": "kimi.com",
    "com.nhn.android.band": "band.us",
    "com.nhn.android.blog": "blog.naver.com",
    "com.nhn.android.navercafe": "cafe.naver.com",
    "com.nhn.android.search": "naver.com",
    "com.openai.chatgpt": "chatgpt.com",
    "com.reddit.frontpage": "reddit.com",
    "com.sina.weibo": "weibo.com",
    "com.smile.gifmaker": "kuaishou.com",
    "com.snapchat.android": "snapchat.com",
    "com.ss.android.ugc.aweme": "douyin.com",
    "com.ss.android.ugc.trill": "tiktok.com",
    "com.tencent.mm": "wechat.com",
    "com.vkontakte.android": "vk.com",
    "com.xingin.xhs": "xiaohongshu.com",
    "com.yahoo.mobile.client.android.search": "search.yahoo.com",
    "com.zhiliaoapp.musically": "tiktok.com",
    "jp.naver.line.android": "line.me",
    "linkedin.android": "linkedin.com",
    "net.daum.android.daum": "search.daum.net",
    "org.joinmastodon.android": "joinmastodon.org",
    "org.telegram.messenger": "telegram.org",
    "org.thunderdog.challegram": "telegram.org",
    "ru.yandex.searchplugin": "yandex.ru",
    "tv.danmaku.bili": "bilibili.com",
    "tv.twitch.android.app": "twitch.tv",
    "xyz.blueskyweb.app": "bsky.app",
}
